package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Work tells of things that are done one after the other or at once, such as requests: how many of each kind came to what,
// how long each took, and how many are in progress.
type Work struct {
	done    *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	running prometheus.Gauge
}

// The histogram's buckets: from 10 µs to about 20 s, each twice the one before.
const (
	shortest = 10e-6 // seconds
	buckets  = 22
)

// Work registers work by the name of one thing, such as "request".
func (e *Endpoint) Work(name, help string) *Work {
	w := &Work{
		done: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: name + "s_total", Help: help + ", by kind and outcome.",
		}, []string{"kind", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: name + "_seconds", Help: help + ": how long each took.",
			Buckets: prometheus.ExponentialBuckets(shortest, 2, buckets),
		}, []string{"kind"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: name + "s_in_progress", Help: help + " that have begun and not ended.",
		}),
	}
	e.registry.MustRegister(w.done, w.seconds, w.running)
	return w
}

// Begin says that one of that kind begins; call end when it has ended, with what it came to.
func (w *Work) Begin(kind string) (end func(outcome string)) {
	begun := time.Now()
	w.running.Inc()
	return func(outcome string) {
		w.running.Dec()
		w.seconds.WithLabelValues(kind).Observe(time.Since(begun).Seconds())
		w.done.WithLabelValues(kind, outcome).Inc()
	}
}
