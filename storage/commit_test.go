package storage

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/powbench/powbench/protocols"
)

// A gate holds syncs up while it is shut, or all changes of files.
type gate struct {
	mu   sync.Mutex
	open sync.Cond
	shut bool
	all  bool
}

func newGate(all bool) *gate {
	g := &gate{all: all}
	g.open.L = &g.mu
	return g
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	g.open.Broadcast()
}

func (g *gate) MaybeError(op errorfs.Op) error {
	held := g.all && op.Kind.ReadOrWrite() == errorfs.OpIsWrite
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		held = true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for held && g.shut {
		g.open.Wait()
	}
	return nil
}

func (g *gate) String() string { return "gate" }

// TestBegin expects records to be seen as soon as Begin has returned, to be durable no sooner than the log is synced, and
// one sync to do for all that came before it.
func TestBegin(t *testing.T) {
	synctest.Test(t, checkBegin)
}

func checkBegin(t *testing.T) {
	files, g := vfs.NewCrashableMem(), newGate(false)
	s := mustOpen(t, Options{Dir: "store"}, errorfs.Wrap(files, g))
	defer s.Close()
	g.set(true)
	defer g.set(false)
	want := model{}
	var waits sync.WaitGroup
	var durable [3]bool
	for i := range durable {
		record := protocols.Record{Name: "n", Body: []byte{byte(i)}, Payload: make([]byte, 10_000)}
		c, err := s.Begin("k", []protocols.Record{record})
		if err != nil {
			t.Fatal(err)
		}
		want.put("k", []protocols.Record{record})
		want.check(t, s, "k", "n")
		waits.Go(func() {
			if err := c.Wait(); err != nil {
				t.Error(err)
			}
			durable[i] = true
		})
	}
	synctest.Wait()
	if durable != [3]bool{} {
		t.Errorf("durable before a sync: %v", durable)
	}
	g.set(false)
	waits.Wait()
	after := mustOpen(t, Options{Dir: "store"}, files.CrashClone(vfs.CrashCloneCfg{}))
	defer after.Close()
	want.check(t, after, "k", "n")
}

// TestSlowDisk: a disk that takes for ever to write holds up those who write, in the end, but nobody who reads, be it from a file,
// from memory, or what waits for the disk itself.
func TestSlowDisk(t *testing.T) {
	synctest.Test(t, checkSlowDisk)
}

func checkSlowDisk(t *testing.T) {
	const records, size = 60, 20 << 10
	g := newGate(true)
	s := mustOpen(t, Options{Dir: "store", MemTableBytes: smallMemTable}, errorfs.Wrap(vfs.NewMem(), g))
	defer s.Close()
	want := model{}
	record := func(i int) protocols.Record {
		return protocols.Record{Name: "n", Body: []byte{byte(i)}, Payload: make([]byte, size)}
	}
	for _, key := range []protocols.Key{"in a file", "in memory"} {
		mustApply(t, s, key, record(0))
		want.put(key, []protocols.Record{record(0)})
		if key == "in a file" {
			if err := pebbleOf(s).Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	g.set(true)
	defer g.set(false)
	var begun atomic.Int64
	var writer sync.WaitGroup
	writer.Go(func() {
		var commits []*Commit
		for i := range records {
			c, err := s.Begin("slow", []protocols.Record{record(i)})
			if err != nil {
				t.Error(err)
				return
			}
			commits = append(commits, c)
			begun.Add(1)
		}
		for _, c := range commits {
			if err := c.Wait(); err != nil {
				t.Error(err)
			}
		}
	})
	synctest.Wait()
	if n := begun.Load(); n == 0 || n == records {
		t.Errorf("%d of %d WRITEs have begun: the disk holds none up", n, records)
	}
	want.put("slow", []protocols.Record{record(int(begun.Load()) - 1)})
	for key := range want {
		want.check(t, s, key, "n")
	}
	g.set(false)
	writer.Wait()
	want.put("slow", []protocols.Record{record(records - 1)})
	for key := range want {
		want.check(t, s, key, "n")
	}
}
