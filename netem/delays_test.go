package netem

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNetEmDelaysAreMeasured: what is as asked passes. Half the jitter, another distribution, a mean that is 5 % off and
// lost packets do not.
func TestNetEmDelaysAreMeasured(t *testing.T) {
	needNetEm(t)
	asked := Delay{Mean: 20 * ms, Jitter: 4 * ms}
	planted := map[string]Delay{
		"right":       asked,
		"half jitter": {Mean: 20 * ms, Jitter: 2 * ms},
		"uniform":     {Mean: 20 * ms, Jitter: 4 * ms, Distribution: "uniform"},
		"mean":        {Mean: 21 * ms, Jitter: 4 * ms},
		"loss":        {Mean: 20 * ms, Jitter: 4 * ms, Loss: 0.02},
	}
	complaints := map[string]string{
		"half jitter": "distance", "uniform": "distance", "mean": "mean 2", "loss": "lost",
	}
	tb := newTestbed(t, Topology{
		Hosts: []string{"right", "half jitter", "uniform", "mean", "loss"}, RateBits: 100e6,
		Delay: func(from, _ string) Delay { return planted[from] },
	})
	tb.Topology.Delay = func(_, _ string) Delay { return asked }
	measured, err := tb.MeasureDelays(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wronged := func(m DelayMeasurement) bool { return m.From == "right" && m.Off(QuietDelays) != "" }
	for range 3 { // as a run does: a busy machine makes what is right late, but never what is wrong right
		if !slices.ContainsFunc(measured, wronged) {
			break
		}
		if measured, err = tb.MeasureDelays(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(measured) != len(planted) {
		t.Fatalf("%d measurements, want one per host", len(measured))
	}
	for _, m := range measured { // what is planted is at a distance of 0.25 and more
		if wronged(m) {
			needTimely(t, m.KS < 0.12 && (m.Mean-asked.AskedMean()).Abs() < 2*ms && m.Lost == 0, m.Off(QuietDelays))
		}
	}
	for _, m := range measured {
		t.Logf("%+v", m)
		off, want := m.Off(QuietDelays), complaints[m.From]
		if (off == "") != (want == "") || !strings.Contains(off, want) {
			t.Errorf("%s: Off = %q, want %q", m.From, off, want)
		}
		if m.Samples+m.Lost != fullSamples || m.Floor <= 0 || m.Floor > 5*ms || m.Reordered == 0 ||
			(m.Drops > 0) != (m.From == "loss") {
			t.Errorf("%s: %+v", m.From, m)
		}
	}
}

func TestOff(t *testing.T) {
	const n = 2000
	asked := Delay{Mean: 20 * ms, Jitter: 4 * ms}.filled()
	lossy := asked
	lossy.Loss = 0.01
	good := DelayMeasurement{From: "a", To: "b", Asked: asked, Samples: n, Mean: asked.AskedMean(), KS: 0.02}
	with := func(change func(*DelayMeasurement)) DelayMeasurement {
		m := good
		change(&m)
		return m
	}
	for name, c := range map[string]struct {
		m    DelayMeasurement
		want string
	}{
		"good":          {good, ""},
		"2.9 % slow":    {with(func(m *DelayMeasurement) { m.Mean += m.Mean * 29 / 1000 }), ""},
		"4 % slow":      {with(func(m *DelayMeasurement) { m.Mean += m.Mean * 4 / 100 }), "mean 20.66 ms, asked for 19.87 ± 0.70"},
		"4 % fast":      {with(func(m *DelayMeasurement) { m.Mean -= m.Mean * 4 / 100 }), "mean 19.07 ms"},
		"shape":         {with(func(m *DelayMeasurement) { m.KS = 0.051 }), "distance 0.051"},
		"few samples":   {with(func(m *DelayMeasurement) { m.Samples, m.KS = n/4, 0.09 }), ""},
		"few and wrong": {with(func(m *DelayMeasurement) { m.Samples, m.KS = n/4, 0.11 }), "allowed is 0.100"},
		"many samples":  {with(func(m *DelayMeasurement) { m.Samples, m.KS = 4*n, 0.049 }), ""},
		"a loss":        {with(func(m *DelayMeasurement) { m.Lost = 1 }), "1 of 2001 packets were lost"},
		"asked losses":  {with(func(m *DelayMeasurement) { m.Asked, m.Lost = lossy, 30 }), ""},
		"no losses":     {with(func(m *DelayMeasurement) { m.Asked = lossy }), "0 of 2000 packets were lost, asked for 20"},
		"all lost":      {DelayMeasurement{From: "a", To: "b", Asked: asked, Lost: n}, "no packet arrived"},
	} {
		off := c.m.Off(QuietDelays)
		if (off == "") != (c.want == "") || !strings.Contains(off, c.want) {
			t.Errorf("%s: Off = %q, want %q", name, off, c.want)
		}
		if off != "" && !strings.HasPrefix(off, "delay from a to b: ") {
			t.Errorf("%s: Off = %q does not say where", name, off)
		}
	}
}

// TestDelayPaths: every host sends a train for each of its delays, and where all are the same every host receives one.
func TestDelayPaths(t *testing.T) {
	same := Delay{Mean: 20 * ms}
	for name, c := range map[string]struct {
		delay func(from, to string) Delay
		want  string
	}{
		"none":     {nil, ""},
		"same":     {func(_, _ string) Delay { return same }, "ab bc ca"},
		"default":  {func(from, _ string) Delay { return Delay{Mean: 20 * ms, Limit: len(from) - 1} }, "ab bc ca"},
		"one way":  {paths(map[string]Delay{"b-a": same}), "ba"},
		"distinct": {paths(map[string]Delay{"a-b": same, "a-c": {Mean: ms}, "c-a": same, "c-b": same}), "ab ac ca"},
	} {
		tb := NewLoopback(Topology{Hosts: []string{"a", "b", "c"}})
		tb.Topology.Delay = c.delay
		var got []string
		for _, p := range tb.delayPaths() {
			got = append(got, p.from.Name+p.to.Name)
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestSamplesInOrder: a packet must have left NetEm's own queue before the next one could have caught up with it.
func TestSamplesInOrder(t *testing.T) {
	free := path{asked: Delay{Mean: 20 * ms, Jitter: 4 * ms}}
	inOrder := free
	inOrder.asked.RateBits = 100e6
	if n, every := samplesOf([]path{free}); n != fullSamples || every != sampleEvery {
		t.Errorf("%d samples, one in %v", n, every)
	}
	n, every := samplesOf([]path{free, inOrder})
	width := 4 * ms * 14 / 3
	if every < width || every > width+2*sampleEvery || n < 200 || time.Duration(n)*every > 5*time.Second {
		t.Errorf("%d samples, one in %v, want them %v apart within 5 s", n, every, width)
	}
}

func TestMeasureNoDelays(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a", "b"}})
	if measured, err := tb.MeasureDelays(t.Context()); len(measured) != 0 || err != nil {
		t.Errorf("MeasureDelays = %v, %v; want nothing", measured, err)
	}
}

// TestTrain runs without delay: packets arrive in order, none is lost, and what they took is no more than was waited.
func TestTrain(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a", "b"}})
	way := path{from: tb.Host("a"), to: tb.Host("b")}
	const n = 3*lookEvery + 1
	start := time.Now()
	trains, err := runTrains(t.Context(), []path{way, way}, n, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, train := range trains {
		if len(train.delays) != n || train.late != 0 {
			t.Errorf("%d of %d packets arrived, %d late", len(train.delays), n, train.late)
		}
		if slices.Min(train.delays) <= 0 || slices.Max(train.delays) > time.Since(start) {
			t.Errorf("packets took %v to %v", slices.Min(train.delays), slices.Max(train.delays))
		}
	}
}

// TestKSDistanceIsTheGreatest compares it with the differences at every nanosecond.
func TestKSDistanceIsTheGreatest(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		n, steps := 1+r.IntN(30), 1+r.IntN(40)
		samples := make([]time.Duration, n)
		for i := range samples {
			samples[i] = time.Duration(r.IntN(50)) // with ties
		}
		slices.Sort(samples)
		cdf := func(x time.Duration) float64 {
			return math.Floor(max(0, min(1, float64(x)/50))*float64(steps)) / float64(steps)
		}
		want := 0.
		for x := time.Duration(-1); x < 60; x++ {
			within := 0
			for _, s := range samples {
				if s <= x {
					within++
				}
			}
			want = max(want, math.Abs(float64(within)/float64(n)-cdf(x)))
		}
		if got := ksDistance(samples, cdf, 0); math.Abs(got-want) > 1e-12 {
			t.Fatalf("seed %d: distance %v, want %v", seed, got, want)
		}
	}
}

// TestKSDistanceOfItself: 2000 draws of a distribution stay within the tolerance, of another they do not.
func TestKSDistanceOfItself(t *testing.T) {
	asked := Delay{Mean: 20 * ms, Jitter: 4 * ms}
	for name, c := range map[string]struct {
		drawn Delay
		fits  bool
	}{
		"itself":      {asked, true},
		"0.05 ms off": {Delay{Mean: 20*ms + ms/20, Jitter: 4 * ms}, true},
		"0.5 ms off":  {Delay{Mean: 20*ms + ms/2, Jitter: 4 * ms}, false},
		"less jitter": {Delay{Mean: 20 * ms, Jitter: 3 * ms}, false},
		"uniform":     {Delay{Mean: 20 * ms, Jitter: 4 * ms, Distribution: "uniform"}, false},
		"normal":      {Delay{Mean: 20 * ms, Jitter: 4 * ms, Distribution: "normal"}, false},
		"exact":       {Delay{Mean: 20 * ms, Jitter: 4 * ms, Distribution: "pareto-exact"}, false},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		samples := make([]time.Duration, fullSamples)
		for i := range samples {
			samples[i] = c.drawn.Quantile(r.Float64())
		}
		slices.Sort(samples)
		if ks := ksDistance(samples, asked.CDF, delayGrain); (ks <= QuietDelays.KS) != c.fits {
			t.Errorf("%s: distance %.3f", name, ks)
		}
	}
}

// TestKSDistanceOfAFixedDelay: all samples are near one value, which the grain makes equal.
func TestKSDistanceOfAFixedDelay(t *testing.T) {
	fixed := Delay{Mean: 20 * ms}
	samples := []time.Duration{20*ms - delayGrain, 20*ms - 1, 20 * ms, 20*ms + delayGrain}
	if ks := ksDistance(samples, fixed.CDF, delayGrain); ks != 0 {
		t.Errorf("distance %v, want 0", ks)
	}
	samples[3]++
	if ks := ksDistance(samples, fixed.CDF, delayGrain); ks != 0.25 {
		t.Errorf("distance %v with one of four samples too late, want 0.25", ks)
	}
}

func TestMeanSDAndQuantile(t *testing.T) {
	samples := []time.Duration{2, 4, 4, 4, 5, 5, 7, 9}
	if mean, sd := meanSD(samples); mean != 5 || sd != 2 {
		t.Errorf("mean %d, standard deviation %d; want 5 and 2", mean, sd)
	}
	for p, want := range map[float64]time.Duration{0: 2, 0.125: 2, 0.13: 4, 0.5: 4, 0.51: 5, 0.99: 9, 1: 9} {
		if got := quantile(samples, p); got != want {
			t.Errorf("quantile %v is %d, want %d", p, got, want)
		}
	}
}
