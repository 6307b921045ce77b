package client_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
)

// One client's READs and WRITEs of each protocol, over loopback to servers in this process that keep their records in
// memory.
func BenchmarkOperation(b *testing.B) {
	for _, p := range slices.Concat(catalog.All(), []protocols.Protocol{variants.Lean()}) {
		for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
			for _, size := range []int{1 << 10, 64 << 10, 256 << 10} {
				b.Run(fmt.Sprintf("%s/%s/value=%d", protocols.NameOf(p), op, size), func(b *testing.B) {
					c := newCluster(b, p)
					w := c.client(c.links(protocols.Writer), protocols.Writer, 1)
					run(b, w.Write("k", size, func([]byte) {}))
					b.SetBytes(int64(size))
					b.ReportAllocs()
					for b.Loop() {
						call := w.Read("k")
						if op == protocols.Write {
							call = w.Write("k", size, func([]byte) {})
						}
						run(b, call)
					}
				})
			}
		}
	}
}

// Clients in closed loops, each on a key of its own, over loopback to servers in this process. Beside the time it reports
// the processor time of an operation, which other work on the machine disturbs less.
func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"mpowerstore", "mabd", "phalanx+ed25519"} {
		p, err := catalog.ByName(name)
		if err != nil {
			b.Fatal(err)
		}
		for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
			for _, clients := range []int{8, 256} {
				b.Run(fmt.Sprintf("%s/%s/%d", name, op, clients), func(b *testing.B) { load(b, p, op, clients) })
			}
		}
	}
}

// load has the clients run b.N operations together, on values of 256 KiB.
func load(b *testing.B, p protocols.Protocol, op protocols.Op, clients int) {
	const size = 256 << 10
	c := newCluster(b, p)
	links := c.links(protocols.Writer)
	var all []*client.Client
	for i := range clients {
		w := c.client(links, protocols.Writer, uint64(i+1))
		all = append(all, w)
		run(b, w.Write(keyOf(i), size, func([]byte) {}))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime()
	var begun atomic.Int64
	var wg sync.WaitGroup
	for i, w := range all {
		wg.Go(func() {
			for begun.Add(1) <= int64(b.N) {
				call := w.Read(keyOf(i))
				if op == protocols.Write {
					call = w.Write(keyOf(i), size, func([]byte) {})
				}
				run(b, call)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func keyOf(client int) protocols.Key { return protocols.Key(fmt.Sprintf("key-%06d", client)) }

func run(b *testing.B, call client.Call) {
	outcome, err := call.Run(context.Background())
	if err != nil {
		b.Error(err)
		return
	}
	outcome.Release()
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
