package node

import (
	"log/slog"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// A server commits its own batches until the window is closed, and tells of the WRITEs that ended after the warm-up. Names that
// every WRITE makes anew stay beside each other.
func TestCommit(t *testing.T) {
	n := startPebble(t, protocols.Unsynced)
	if _, err := n.Committed(t.Context(), control.Nothing{}); !says(err, "nothing is being committed") {
		t.Errorf("before the beginning: %v", err)
	}
	const payload, body = 10_000, 100
	now := clock.Now()
	spec := Committing{
		Batches:    [][][]model.Stored{{{{Name: "hist/0000000000000001.0000000000000001", New: true, Body: body, Payload: payload}}, {{Name: "lc", Body: body}}}},
		Committers: 3, Keys: 2, Seed: 1, StartNs: now, WarmupEndNs: now, LatestNs: now + time.Hour.Nanoseconds(),
	}
	var done Commits
	ended := make(chan error)
	go func() {
		var err error
		done, err = n.Commit(t.Context(), spec)
		ended <- err
	}()
	for count := int64(0); count < 20; {
		count, _ = n.Committed(t.Context(), control.Nothing{})
	}
	end := clock.Now()
	if _, err := n.CloseWindow(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	count, err := n.Committed(t.Context(), control.Nothing{})
	if err != nil || count < 20 || int64(len(done.Spans)) != count || done.EndNs != end {
		t.Fatalf("%d WRITEs of %d, until %d, want %d; %v", len(done.Spans), count, done.EndNs, end, err)
	}
	for _, s := range done.Spans {
		if s.Start < now || s.Start >= end || s.End <= s.Start {
			t.Fatalf("a WRITE from %d to %d, in a window from %d to %d", s.Start, s.End, now, end)
		}
	}
	m, err := n.Stats(t.Context(), control.Nothing{})
	if want := count * (payload + 2*body); err != nil || m.AppliedBytes != want {
		t.Errorf("%d bytes committed, want %d, %v", m.AppliedBytes, want, err)
	}
}

func TestCommitRefuses(t *testing.T) {
	if _, err := startPebble(t, protocols.Volatile).Commit(t.Context(), Committing{}); !says(err, "choose durability") {
		t.Errorf("in memory: %v", err)
	}
	if _, err := startPebble(t, protocols.Unsynced).Commit(t.Context(), Committing{}); !says(err, "server 1 has no batches") {
		t.Errorf("without batches: %v", err)
	}
}

// Two WRITEs' names differ, and are as long as the one that they stand for.
func TestRenamed(t *testing.T) {
	name := "hist/0000000000000001.0000000000000001"
	if a, b := renamed(name, 1<<32|1), renamed(name, 1<<32|2); a == b || len(a) != len(name) || a[:22] != name[:22] {
		t.Errorf("%q and %q, for %q", a, b, name)
	}
}

// startPebble is a server of Pebble alone.
func startPebble(t *testing.T, d protocols.Durability) *Node {
	t.Helper()
	n, err := Start(t.Context(), Config{
		Protocol: "pebble+mpowerstore", Suite: "modern", T: 1, Keys: suite.ServerKeys{Group: []byte("group key")},
		Listen: "127.0.0.1:0", Dir: t.TempDir(), Durability: d,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}
