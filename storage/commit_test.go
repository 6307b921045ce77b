package storage

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/powbench/powbench/protocols"
)

// A gate holds syncs up while it is shut.
type gate struct {
	mu   sync.Mutex
	open sync.Cond
	shut bool
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	g.open.Broadcast()
}

func (g *gate) MaybeError(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		g.mu.Lock()
		defer g.mu.Unlock()
		for g.shut {
			g.open.Wait()
		}
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
	files, g := vfs.NewCrashableMem(), &gate{}
	g.open.L = &g.mu
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
