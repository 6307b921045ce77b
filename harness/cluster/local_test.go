package cluster

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// A cluster's file holds its keys: it comes back whole, and nobody but its owner may read it.
func TestLocalFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "cluster")
	want, err := NewLocal("mpowerstore", "modern", 2, protocols.Unsynced, "127.0.0.1", 7000)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(want.Servers); n != 7 || want.Servers[6] != "127.0.0.1:7006" || len(want.ServerKeys) != 7 {
		t.Errorf("servers %v, %d keys", want.Servers, len(want.ServerKeys))
	}
	if err := want.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadLocal(dir)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, %v, want %+v", got, err, want)
	}
	info, err := os.Stat(filepath.Join(dir, clusterFile))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the keys: %v, %v", info.Mode(), err)
	}
}

// Only a cluster on loopback is out of everybody's reach.
func TestOnLoopback(t *testing.T) {
	for servers, want := range map[string]bool{
		"127.0.0.1:1,127.9.0.1:2": true, "[::1]:1": true, "127.0.0.1:1,10.0.0.1:1": false, "[fe80::1]:1": false, "localhost:1": false,
	} {
		if got := (&Local{Servers: strings.Split(servers, ",")}).OnLoopback(); got != want {
			t.Errorf("%s is on loopback: %v", servers, got)
		}
	}
}

// Servers serve metrics at ports in a row, which must exist.
func TestMetricsAddress(t *testing.T) {
	l := &Local{Servers: make([]string, 4), Metrics: "9400"}
	if got, err := l.MetricsAddress(3); got != "127.0.0.1:9403" || err != nil {
		t.Errorf("metrics at %q, %v", got, err)
	}
	for _, wrong := range []string{"0", "65533", "http", "::", "localhost:x"} {
		l.Metrics = wrong
		if got, err := l.MetricsAddress(0); err == nil || !strings.Contains(err.Error(), "metrics at ") {
			t.Errorf("%s: metrics at %q, %v", wrong, got, err)
		}
	}
}

func TestLocalRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		protocol, suite string
		t               int
		durability      protocols.Durability
		host            string
	}{
		`unknown protocol "paxos"`:     {"paxos", "modern", 1, protocols.Fsync, ""},
		`unknown crypto suite "rot13"`: {"mabd", "rot13", 1, protocols.Fsync, ""},
		`unknown durability "hope"`:    {"mabd", "modern", 1, "hope", ""},
		"at least 1 fault":             {"mabd", "modern", 0, protocols.Fsync, ""},
		`"0.0.0.0" is no address`:      {"mabd", "modern", 1, protocols.Fsync, "0.0.0.0"},
		`"here" is no address`:         {"mabd", "modern", 1, protocols.Fsync, "here"},
	} {
		_, err := NewLocal(c.protocol, c.suite, c.t, c.durability, cmp.Or(c.host, "127.0.0.1"), 7000)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReadLocalRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadLocal(dir)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "powbench up --dir "+dir) {
		t.Errorf("no cluster: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, clusterFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLocal(dir); err == nil || !strings.Contains(err.Error(), clusterFile) {
		t.Errorf("a broken file: %v", err)
	}
}
