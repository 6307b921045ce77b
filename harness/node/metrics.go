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
	return func(in protocols.Incoming, mem protocols.Memory) (protocols.Message, error) {
		end := requests.Begin(reflect.TypeOf(in.Body).Elem().Name())
		reply, err := handle(in, mem)
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
	n.tellUse()
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

// tellUse tells of what clients take of the server, by role, and of those that had to go for others.
func (n *Node) tellUse() {
	for _, c := range []struct {
		name, help string
		of         func(transport.Use) float64
	}{
		{"role_connections", "Open connections by role.", func(u transport.Use) float64 { return float64(u.Connections) }},
		{"request_bytes", "Bytes of requests in memory.", func(u transport.Use) float64 { return float64(u.RequestBytes) }},
		{"reply_bytes", "Bytes of replies in memory or expected.", func(u transport.Use) float64 { return float64(u.ReplyBytes) }},
		{"cut_connections", "Connections so far that held memory for which others waited, and moved too little.", func(u transport.Use) float64 { return float64(u.Cut) }},
	} {
		for role, name := range map[protocols.Role]string{protocols.Reader: "reader", protocols.Writer: "writer"} {
			n.metrics.GaugeOf(c.name, c.help, "role", name, func() float64 { return c.of(n.server.Use(role)) })
		}
	}
	n.metrics.Counter("displaced_connections_total", "Idle connections that had to make room for others.", func() float64 {
		return float64(n.server.Displaced())
	})
}
