package storage

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// What Pebble alone commits is what the store would have stored, and counts like it.
func TestPebbleAlone(t *testing.T) {
	s, err := Open(Options{Dir: t.TempDir(), Durability: protocols.Unsynced})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Pebble()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Commit("k", []protocols.Record{{Name: "a", Body: []byte("body"), Payload: []byte("payload")}}); err != nil {
		t.Fatal(err)
	}
	body, payload, found, err := s.State("k", protocols.Heap{}).Get("a")
	if string(body) != "body" || string(payload) != "payload" || !found || err != nil {
		t.Errorf("the store reads %q, %q, %v, %v", body, payload, found, err)
	}
	if m := s.Metrics(); m.AppliedBytes != int64(len("body")+len("payload")) || m.LogBytes < m.AppliedBytes {
		t.Errorf("%+v", m)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit("k", []protocols.Record{{Name: "a"}}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestNoPebbleInMemory(t *testing.T) {
	s, err := Open(Options{Durability: protocols.Volatile})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Pebble(); err == nil || !strings.Contains(err.Error(), "choose durability") {
		t.Errorf("Pebble of a store in memory: %v", err)
	}
}
