package load

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// delayed is a runner whose hosts all have one link of 100 Mbit/s, and the delay between them.
func delayed(t *testing.T, d testbed.Delay) *runner {
	r := newRunner(t, "experiment: x", 1, 1, 100e6)
	r.bench.Testbed = network{servers: 1, clients: 1, delay: d}
	return r
}

func prediction(t *testing.T, r *runner, protocol string, op protocols.Op, faults int) result.Interval {
	t.Helper()
	p, err := catalog.ByName(protocol)
	if err != nil {
		t.Fatal(err)
	}
	return predicted(t, r, p, op, faults, 256<<10)
}

func predicted(t *testing.T, r *runner, p protocols.Protocol, op protocols.Op, faults, size int) result.Interval {
	t.Helper()
	cost, err := model.Count(model.Case{Protocol: p, Suite: "paper", T: faults, Op: op, ValueBytes: size, KeyBytes: 10, Writes: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r.predict(cost, p.Traits(faults).Quorum)
}

// Without delays, only bytes count: they are the whole latency.
func TestPredictFromBytes(t *testing.T) {
	r := delayed(t, testbed.Delay{})
	const ms = 256 << 10 / 11.768e3 // that a value takes
	for name, want := range map[string]struct{ read, write float64 }{
		"mpowerstore": {2.009, 2.008}, "mabd": {6.001, 3.001}, "phalanx": {8.003, 4.003}, // headers and proofs included
	} {
		if got := prediction(t, r, name, protocols.Read, 1).High; !near(got, want.read*ms, 0.1) {
			t.Errorf("%s READ: %.1f ms, want %.1f", name, got, want.read*ms)
		}
		if got := prediction(t, r, name, protocols.Write, 1).High; !near(got, want.write*ms, 0.1) {
			t.Errorf("%s WRITE: %.1f ms, want %.1f", name, got, want.write*ms)
		}
	}
}

// Where nothing is left to chance the ends of the interval may differ by rounding, but never the wrong way. A variant whose round asks
// fewer servers than a quorum is predicted like any other.
func TestPredictAnInterval(t *testing.T) {
	r := delayed(t, testbed.Delay{})
	r.bench.Manifest.Testbed.RateBits = 1e9
	for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
		for faults := 1; faults <= 3; faults++ {
			for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
				got := prediction(t, r, protocols.NameOf(p), op, faults)
				if got.Low > got.High || got.Low <= 0 || math.IsInf(got.High, 0) {
					t.Errorf("%s of %s, t=%d: from %v to %v", op, protocols.NameOf(p), faults, got.Low, got.High)
				}
			}
		}
	}
}

// With a fixed delay and no bytes to speak of, only rounds count.
func TestPredictFromRounds(t *testing.T) {
	r := delayed(t, testbed.Delay{Mean: 20 * time.Millisecond})
	r.bench.Manifest.Testbed.RateBits = 100e9
	for name, want := range map[string]struct{ read, write float64 }{
		"mpowerstore": {80, 120}, "mabd": {80, 80}, "phalanx": {80, 80},
	} {
		p, err := catalog.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		read, write := predicted(t, r, p, protocols.Read, 1, 1), predicted(t, r, p, protocols.Write, 1, 1)
		for _, got := range []float64{read.Low - want.read, read.High - want.read, write.Low - want.write, write.High - want.write} {
			if !near(got, 0, 0.01) {
				t.Errorf("%s: READ %v ms, WRITE %v ms, want %v", name, read, write, want)
			}
		}
	}
}

// The paper's WAN: rates and delays together, worked out independently for the low end.
func TestPredictWAN(t *testing.T) {
	r := delayed(t, testbed.Delay{Mean: 20 * time.Millisecond, Jitter: 4 * time.Millisecond})
	for name, want := range map[string]struct{ read, write [3]float64 }{
		"mpowerstore": {[3]float64{111, 115, 117}, [3]float64{154, 157, 159}},
		"mabd":        {[3]float64{167, 211, 255}, [3]float64{123, 145, 167}},
		"phalanx":     {[3]float64{211, 300, 389}, [3]float64{147, 191, 236}},
	} {
		for i := range 3 {
			read, write := prediction(t, r, name, protocols.Read, i+1), prediction(t, r, name, protocols.Write, i+1)
			// The independent numbers let each operation begin with empty queues: more than they say, but not much.
			if read.Low < want.read[i]*0.98 || read.Low > want.read[i]*1.13 || read.High < read.Low {
				t.Errorf("%s READ, t=%d: %.1f, want from about %v", name, i+1, read, want.read[i])
			}
			if write.Low < want.write[i]*0.98 || write.Low > want.write[i]*1.19 || write.High < write.Low {
				t.Errorf("%s WRITE, t=%d: %.1f, want from about %v", name, i+1, write, want.write[i])
			}
		}
	}
	again := delayed(t, testbed.Delay{Mean: 20 * time.Millisecond, Jitter: 4 * time.Millisecond})
	if a, b := prediction(t, r, "mabd", protocols.Read, 1), prediction(t, again, "mabd", protocols.Read, 1); a != b {
		t.Errorf("%v and %v: a prediction must repeat", a, b)
	}
}
