package node

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/storage"
)

func newService(t *testing.T) *Service {
	t.Helper()
	s := NewService(t.Context(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func serviceConfig() Config {
	return Config{
		Protocol: "mabd", Suite: "modern", T: 1, Keys: suite.ServerKeys{Group: []byte("group key")},
		Listen: "127.0.0.1:0", Durability: storage.Memory,
	}
}

func TestService(t *testing.T) {
	s := newService(t)
	if err := s.Stats(Nothing{}, &storage.Metrics{}); err == nil || !strings.Contains(err.Error(), "not started") {
		t.Errorf("Stats before Start: %v", err)
	}
	var addr string
	if err := s.Start(serviceConfig(), &addr); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("nobody listens where Start said: %v", err)
	}
	conn.Close()
	if err := s.Start(serviceConfig(), &addr); err == nil || !strings.Contains(err.Error(), "started already") {
		t.Errorf("Start again: %v", err)
	}
	if err := s.Stats(Nothing{}, &storage.Metrics{}); err != nil {
		t.Errorf("Stats: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-s.Failed(); err != nil {
		t.Errorf("Failed after Close: %v", err)
	}
}

// A start that failed can be tried again, and a service that was never started can be closed.
func TestServiceStartsAgain(t *testing.T) {
	s := newService(t)
	cfg := serviceConfig()
	cfg.Suite = "rot13"
	var addr string
	if err := s.Start(cfg, &addr); err == nil || addr != "" {
		t.Errorf("Start with an unknown suite: %q, %v", addr, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close before it was started: %v", err)
	}
	if err := s.Start(serviceConfig(), &addr); err != nil || addr == "" {
		t.Errorf("Start after a failure: %q, %v", addr, err)
	}
}
