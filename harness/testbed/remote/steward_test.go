package remote

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A machine's lock is held by one run, is free when that ends, does not care by which path its folder was named, and leaves nothing.
func TestLock(t *testing.T) {
	root := t.TempDir()
	other := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, other); err != nil {
		t.Fatal(err)
	}
	held, err := lock(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another run uses this machine") {
		t.Errorf("a second run: %v", err)
	}
	if l, err := lock(t.Context(), t.TempDir()); err != nil {
		t.Errorf("another folder: %v", err)
	} else {
		l.Close()
	}
	held.Close()
	if held, err = lock(t.Context(), root); err != nil {
		t.Errorf("after the first: %v", err)
	} else {
		held.Close()
	}
	if all, _ := os.ReadDir(root); len(all) > 0 {
		t.Errorf("left behind: %v", all)
	}
}

// A connection that ends while a link is measured is an error, not a number that went below 0.
func TestBrokenConnectionIsNoMeasurement(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	mine := func() []*net.TCPConn { return []*net.TCPConn{near.(*net.TCPConn)} }
	if _, err := arriving(t.Context(), window{0, 1}, mine); err != nil {
		t.Errorf("a connection that lasts: %v", err)
	}
	_, err = arriving(t.Context(), window{0, int64(500 * time.Millisecond)}, func() []*net.TCPConn {
		time.AfterFunc(time.Millisecond, func() { near.Close() })
		return mine()
	})
	if err == nil || !strings.Contains(err.Error(), "all connections broke") {
		t.Errorf("a connection that ends: %v", err)
	}
}
