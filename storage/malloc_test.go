package storage

import (
	"runtime"
	"sync"
	"testing"

	"github.com/prometheus/procfs"

	"github.com/powbench/powbench/protocols"
)

// TestMemtablesGoBack says that memory of memtables is the system's again when they are on disk, whichever threads asked for it.
func TestMemtablesGoBack(t *testing.T) {
	if poison {
		t.Skip("the race detector takes memory of its own")
	}
	const table, tables, writers = 2 << 20, 40, 8
	s, err := Open(Options{Dir: t.TempDir(), Durability: protocols.Unsynced, MemTableBytes: table})
	if err != nil {
		t.Fatal(err)
	}
	before := outsideHeap(t)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			r := protocols.Record{Name: "v", Payload: make([]byte, table/16)}
			for range 16 * tables / writers {
				if err := s.Apply(protocols.Key(rune('a'+i)), []protocols.Record{r}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if more := outsideHeap(t) - before; more > 2*table {
		t.Errorf("after %d memtables of %d KiB the process keeps %d KiB", tables, table>>10, more>>10)
	}
}

// outsideHeap is the resident memory in bytes of the process beyond what Go has of the system.
func outsideHeap(t *testing.T) int {
	t.Helper()
	self, err := procfs.Self()
	if err != nil {
		t.Fatal(err)
	}
	status, err := self.NewStatus()
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(status.RssAnon) - int(m.Sys-m.HeapReleased)
}
