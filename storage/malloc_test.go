package storage

import (
	"runtime"
	"sync"
	"testing"

	"github.com/prometheus/procfs"

	"github.com/powbench/powbench/protocols"
)

// TestMemoryStays says that memtables take the memory of those before them, whichever threads make them.
func TestMemoryStays(t *testing.T) {
	if poison {
		t.Skip("the race detector takes memory of its own")
	}
	const table, tables, writers = 2 << 20, 40, 8
	s, err := Open(Options{Dir: t.TempDir(), Durability: protocols.Unsynced, MemTableBytes: table})
	if err != nil {
		t.Fatal(err)
	}
	write := func() {
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
	}
	write()
	before := outsideHeap(t)
	for range 5 {
		write()
		if more := outsideHeap(t) - before; more > 2*table {
			t.Errorf("%d more memtables of %d KiB take %d KiB more", tables, table>>10, more>>10)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// outsideHeap is the resident memory in bytes of the process beyond what Go has of the system.
func outsideHeap(t *testing.T) int {
	t.Helper()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(processStatus(t).RssAnon) - int(m.Sys-m.HeapReleased)
}

// processStatus is what the kernel says of this process.
func processStatus(tb testing.TB) procfs.ProcStatus {
	tb.Helper()
	self, err := procfs.Self()
	if err != nil {
		tb.Skip("no /proc here: ", err)
	}
	status, err := self.NewStatus()
	if err != nil {
		tb.Fatal(err)
	}
	return status
}
