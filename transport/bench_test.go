package transport

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/powbench/powbench/protocols"
)

// BenchmarkExchange is the null protocol: clients in one process send a payload to all servers, which reply with next
// to nothing, and wait for a quorum.
func BenchmarkExchange(b *testing.B) {
	for _, c := range []struct {
		servers, quorum, bytes, clients int
		tls                             bool
	}{
		{4, 3, 128 << 10, 1, false},
		{4, 3, 128 << 10, 8, false},
		{4, 3, 64, 8, false},
		{10, 7, 64 << 10, 8, false},
		{4, 3, 128 << 10, 1, true},
		{4, 3, 128 << 10, 8, true},
		{4, 3, 64, 8, true},
	} {
		name := fmt.Sprintf("servers=%d/bytes=%d/clients=%d", c.servers, c.bytes, c.clients)
		if c.tls {
			name += "/tls"
		}
		b.Run(name, func(b *testing.B) {
			ack := func(protocols.Incoming, protocols.Memory) (protocols.Message, error) {
				return protocols.Message{Body: &pong{}}, nil
			}
			var handlers []Handler
			for range c.servers {
				handlers = append(handlers, ack)
			}
			var links *Links
			if c.tls {
				made := newCerts(b)
				addrs, _ := made.servers(&logBook{}, handlers...)
				links = dial(b, addrs, as(made.of("writer-1", time.Hour)))
			} else {
				links = dial(b, cluster(b, handlers...))
			}
			connected(b, links)
			b.SetBytes(int64(c.servers * c.bytes))
			b.ReportAllocs()
			b.ResetTimer()
			runClients(b, c.clients, func() {
				x := links.Begin("key")
				defer x.End()
				send(b, x, 1, c.servers, "", x.Memory().Bytes(c.bytes))
				for range c.quorum {
					<-x.Replies()
				}
			})
			quiet(b, links)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "exchanges/s")
		})
	}
}

// runClients has n clients do op b.N times altogether.
func runClients(b *testing.B, n int, op func()) {
	var begun atomic.Int64
	done := make(chan struct{})
	for range n {
		go func() {
			for begun.Add(1) <= int64(b.N) {
				op()
			}
			done <- struct{}{}
		}()
	}
	for range n {
		<-done
	}
}
