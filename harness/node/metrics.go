package node

import (
	"context"
	"errors"
	"reflect"

	"github.com/powbench/powbench/harness/metrics"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/storage"
	"github.com/powbench/powbench/transport"
)

// counted is a handler that tells what becomes of requests, by the name of their body.
func counted(requests *metrics.Work, handle transport.Handler) transport.Handler {
	return func(from protocols.Role, key protocols.Key, request protocols.Message,
		mem protocols.Memory,
	) (protocols.Message, error) {
		end := requests.Begin(reflect.TypeOf(request.Body).Elem().Name())
		reply, err := handle(from, key, request, mem)
		switch {
		case err == nil:
			end("ok")
		case errors.Is(err, protocols.ErrRefused):
			end("refused")
		default:
			end("failed")
		}
		return reply, err
	}
}

// serveMetrics opens the endpoint, before the node serves, and returns the handler that tells it of requests.
func (n *Node) serveMetrics(ctx context.Context, addr string, handle transport.Handler) (_ transport.Handler, err error) {
	if n.metrics, err = metrics.Listen(ctx, addr); err != nil {
		return nil, err
	}
	return counted(n.metrics.Work("request", "Requests that the server handled and made durable"), handle), nil
}

// tellMetrics tells of what the node counts all the time.
func (n *Node) tellMetrics() {
	n.metrics.Traffic(n.server.Traffic)
	n.metrics.Gauge("connections", "Open connections of clients.", func() float64 { return float64(n.server.Connections()) })
	for _, c := range []struct {
		name, help string
		of         func(storage.Metrics) float64
	}{
		{"storage_applied_bytes_total", "Bytes of records acknowledged.", func(m storage.Metrics) float64 { return float64(m.AppliedBytes) }},
		{"storage_log_bytes_total", "Bytes written to the log.", func(m storage.Metrics) float64 { return float64(m.LogBytes) }},
		{"storage_flushed_bytes_total", "Bytes written from memory to tables.", func(m storage.Metrics) float64 { return float64(m.FlushedBytes) }},
		{"storage_compacted_bytes_total", "Bytes written again by compactions.", func(m storage.Metrics) float64 { return float64(m.CompactedBytes) }},
		{"storage_flushes_total", "How often memory was written out.", func(m storage.Metrics) float64 { return float64(m.Flushes) }},
		{"storage_compactions_total", "Compactions that have ended.", func(m storage.Metrics) float64 { return float64(m.Compactions) }},
		{"storage_stalls_total", "How often writers waited for the disk.", func(m storage.Metrics) float64 { return float64(m.Stalls) }},
		{"storage_stall_seconds_total", "How long writers waited for the disk.", func(m storage.Metrics) float64 { return m.StallTime.Seconds() }},
	} {
		n.metrics.Counter(c.name, c.help, func() float64 { return c.of(n.store.Metrics()) })
	}
	n.metrics.Gauge("storage_disk_bytes", "Size of the store's files.", func() float64 { return float64(n.store.Metrics().DiskBytes) })
	n.metrics.Gauge("storage_l0_files", "Tables that no compaction has merged yet.", func() float64 { return float64(n.store.Metrics().L0Files) })
}
