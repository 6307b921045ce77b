// Package metrics lets a process tell over HTTP how it is doing, in Prometheus' format, and profile itself on demand. A
// process that is not asked for it never calls this package. It imports transport; agent and node import it.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/powbench/powbench/transport"
)

// namespace begins the names of all metrics but those of the Go runtime and the process.
const namespace = "powbench"

// headerTimeout is how long a request's header may take.
const headerTimeout = 5 * time.Second

// An Endpoint serves /metrics and /debug/pprof/.
type Endpoint struct {
	registry *prometheus.Registry
	addr     net.Addr
	server   *http.Server
}

// Address completes an address for Listen: without a host, or as a mere port, it is one of this machine alone.
func Address(addr string) (string, error) {
	if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
		addr = ":" + addr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("metrics at %q: give host:port, or a port alone: %w", addr, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// Listen serves at the address, which Address completes, until Close. It tells of the Go runtime and the process at once.
func Listen(ctx context.Context, addr string) (*Endpoint, error) {
	addr, err := Address(addr)
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot serve metrics at %s: %w (stop the other process or choose another port)", addr, err)
	}
	e := &Endpoint{registry: prometheus.NewRegistry(), addr: listener.Addr()}
	e.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	e.server = &http.Server{Handler: e.handler(), ReadHeaderTimeout: headerTimeout}
	go func() { _ = e.server.Serve(listener) }() // it ends with Close
	return e, nil
}

// handler answers what is asked for by path.
func (e *Endpoint) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// Addr is where it serves.
func (e *Endpoint) Addr() net.Addr { return e.addr }

// Close ends it at once; a nil Endpoint serves nothing and has nothing to end.
func (e *Endpoint) Close() error {
	if e == nil {
		return nil
	}
	if err := e.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("end the metrics: %w", err)
	}
	return nil
}

// Counter tells of a number that only grows, as of asks for it when somebody looks.
func (e *Endpoint) Counter(name, help string, of func() float64) {
	e.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, of))
}

// Gauge tells of a number that rises and falls, as of asks for it when somebody looks.
func (e *Endpoint) Gauge(name, help string, of func() float64) {
	e.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, of))
}

// GaugeOf is a Gauge of one of several things of a kind, which the label of that name tells apart.
func (e *Endpoint) GaugeOf(name, help, label, thing string, of func() float64) {
	e.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: name, Help: help, ConstLabels: prometheus.Labels{label: thing},
	}, of))
}

// Traffic tells of what the process's sockets have moved.
func (e *Endpoint) Traffic(of func() transport.Traffic) {
	for _, c := range []struct {
		name, help string
		of         func(transport.Traffic) uint64
	}{
		{"sent_bytes_total", "Bytes sent, handshakes and repetitions included.", func(t transport.Traffic) uint64 { return t.Sent.Bytes }},
		{"received_bytes_total", "Bytes received, likewise.", func(t transport.Traffic) uint64 { return t.Received.Bytes }},
		{"sent_messages_total", "Messages sent.", func(t transport.Traffic) uint64 { return t.Sent.Messages }},
		{"received_messages_total", "Messages received.", func(t transport.Traffic) uint64 { return t.Received.Messages }},
		{"rejected_replies_total", "Replies dropped: malformed, or to no request.", func(t transport.Traffic) uint64 { return t.Rejected }},
		{"discarded_requests_total", "Requests given up without a reply.", func(t transport.Traffic) uint64 { return t.Discarded }},
	} {
		e.Counter(c.name, c.help, func() float64 { return float64(c.of(of())) })
	}
}
