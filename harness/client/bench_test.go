package client_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
)

// One client's WRITEs and READs, over TCP to servers that keep their records in memory.
func BenchmarkOperation(b *testing.B) {
	for _, p := range []protocols.Protocol{mabd.Protocol{}, mpowerstore.Protocol{}, variants.Lean()} {
		for _, size := range []int{1 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/%d", protocols.NameOf(p), size), func(b *testing.B) {
				c := newCluster(b, p)
				w := c.client(c.links(protocols.Writer), protocols.Writer, 1)
				b.ReportAllocs()
				for i := range b.N {
					call := w.Read("k")
					if i%2 == 0 {
						call = w.Write("k", size, func([]byte) {})
					}
					outcome, err := call.Run(context.Background())
					if err != nil {
						b.Fatal(err)
					}
					outcome.Release()
				}
			})
		}
	}
}
