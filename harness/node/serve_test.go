package node

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// process is a server's process within this one.
type process struct {
	net.Conn
	done chan struct{}
	err  error // that it ended with
}

func (p *process) Done() <-chan struct{} { return p.done }
func (p *process) Wait() error           { <-p.done; return p.err }
func (p *process) Kill() error           { p.Conn.Close(); <-p.done; return nil }

func newProcess(t *testing.T) *control.Client {
	t.Helper()
	near, far := net.Pipe()
	p := &process{Conn: near, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = Serve(t.Context(), far, far, "", slog.New(slog.DiscardHandler))
	}()
	c := control.NewClient("server 1", p)
	t.Cleanup(func() { _ = c.Kill() })
	return c
}

// A server answers nothing before it was started, can be started again after a failure, but only once.
func TestServe(t *testing.T) {
	c := newProcess(t)
	cfg := Config{
		Protocol: "mabd", Suite: "rot13", T: 1, Keys: suite.ServerKeys{Group: []byte("group key")},
		Listen: "127.0.0.1:0", Durability: protocols.Volatile,
	}
	if _, err := control.Call(t.Context(), c, StatsCall, control.Nothing{}); !says(err, `does not answer "stats"`) {
		t.Errorf("stats before the start: %v", err)
	}
	if addr, err := control.Call(t.Context(), c, StartCall, cfg); err == nil || addr != "" {
		t.Errorf("start with an unknown suite: %q, %v", addr, err)
	}
	cfg.Suite = "modern"
	addr, err := control.Call(t.Context(), c, StartCall, cfg)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("nobody listens where the server said: %v", err)
	}
	conn.Close()
	if _, err := control.Call(t.Context(), c, StartCall, cfg); !says(err, `does not answer "start"`) {
		t.Errorf("start again: %v", err)
	}
	if _, err := control.Call(t.Context(), c, StatsCall, control.Nothing{}); err != nil {
		t.Errorf("stats: %v", err)
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the server listens on after its process has ended")
	}
}

func says(err error, what string) bool { return err != nil && strings.Contains(err.Error(), what) }

// What is damaged lies in the middle of what the fullest file holds, not of the room that was set aside for it.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	content := append(bytes.Repeat([]byte{7}, 4000), make([]byte, 1<<16)...)
	files := map[string][]byte{"roomy": make([]byte, 1<<20), "small": []byte("small"), "sub/log": content}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := newProcess(t)
	if _, err := control.Call(t.Context(), c, DamageCall, dir); err != nil {
		t.Fatal(err)
	}
	for i := 2000; i < 2000+damagedBytes; i++ {
		content[i] ^= 0x55
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not damaged from 2000 to %d and nowhere else: %v", name, 2000+damagedBytes, err)
		}
	}
	if _, err := control.Call(t.Context(), c, DamageCall, t.TempDir()); !says(err, "no file to damage") {
		t.Errorf("error %v", err)
	}
}
