package plots

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

func TestCellsGathersRepetitions(t *testing.T) {
	s := syntheticFigure("2b", 5)
	invalidate(s, func(p result.Point) bool { return p.Protocol == "mabd" && p.Op == "read" && p.Repetition == 2 })
	cells := mustCells(s)
	if want := 3 * 2 * 3; len(cells) != want {
		t.Errorf("%d cells, want %d: protocols × operations × t", len(cells), want)
	}
	for _, c := range cells {
		left := 0
		if c.Protocol == "mabd" && c.Op == "read" {
			left = 1
		}
		if len(c.Valid) != 5-left || len(c.Invalid) != left {
			t.Errorf("%s: %d valid and %d invalid, want %d and %d", c, len(c.Valid), len(c.Invalid), 5-left, left)
		}
		if n := c.Throughput().N; n != 5-left {
			t.Errorf("%s: estimated from %d repetitions, want the %d valid ones", c, n, 5-left)
		}
	}
	first := cells[0].Key
	if first.Protocol != "mpowerstore" || first.Op != "read" || first.T != 1 {
		t.Errorf("first comes %s, want M-PoWerStore READ at t = 1", first)
	}
}

func TestCellsRefuses(t *testing.T) {
	second := func(change func(p *result.Point)) []*result.Set {
		s := syntheticFigure("2c", 1)
		change(&s.Points[1])
		return []*result.Set{s}
	}
	open := func(change func(p *result.Point)) []*result.Set {
		s := syntheticOpen(1, "mabd")
		change(&s.Points[5]) // the first of an open loop
		return []*result.Set{s}
	}
	predict := func(low, high float64) []*result.Set {
		return second(func(p *result.Point) { p.Predicted = result.Interval{Low: low, High: high} })
	}
	twice := syntheticFigure("2b", 1)
	twice.Dir = "results/fig2b/second"
	for want, sets := range map[string][]*result.Set{
		`points.jsonl:2: unknown figure "7x": this powbench draws 2a, 2b, 2c`: second(func(p *result.Point) { p.Figure = "7x" }),
		`points.jsonl:2: unknown operation "scan"`:                            second(func(p *result.Point) { p.Op = "scan" }),
		"points.jsonl:2: t = 1, value_bytes = 0":                              second(func(p *result.Point) { p.ValueBytes = 0 }),
		"points.jsonl:2: t = 0":                                               second(func(p *result.Point) { p.T = 0 }),
		"points.jsonl:2: a valid point needs a throughput and a latency above 0, not NaN": second(func(p *result.Point) {
			p.LatencyMs.Mean = math.NaN()
		}),
		"points.jsonl:2: a valid point needs a throughput": second(func(p *result.Point) { p.ThroughputMBps = 0 }),
		"points.jsonl:2: a second valid point for repetition 1 of M-PoWerStore READ at t = 1, 64 KiB": second(func(p *result.Point) {
			p.ValueBytes = 64 << 10
		}),
		"results/fig2b/second/points.jsonl:1: M-PoWerStore READ at t = 1, 256 KiB values, 8 clients was also measured in " +
			"results/fig2b/synthetic: give only one": {syntheticFigure("2b", 1), twice},
		"points.jsonl:2: the predicted latency must lie between 0 and its high end, not from 3 to 2":  predict(3, 2),
		"points.jsonl:2: the predicted latency must lie between 0 and its high end, not from -1 to 2": predict(-1, 2),
		"not from NaN to 2":                 predict(math.NaN(), 2),
		`unknown arrival "bursts"`:          open(func(p *result.Point) { p.Arrival = "bursts" }),
		`arrival "poisson" at a rate of 0`:  open(func(p *result.Point) { p.Rate = 0 }),
		`arrival "closed" at a rate of`:     open(func(p *result.Point) { p.Arrival = "" }),
		`key_model "zipf" with a skew of 0`: second(func(p *result.Point) { p.KeyModel = "zipf" }),
		"a service time of 0 ms":            open(func(p *result.Point) { p.ServiceMs.Mean = 0 }),
	} {
		if _, err := frame.Cells(sets); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
}

func TestCellsRepeatsAnInvalidRun(t *testing.T) {
	s := syntheticFigure("2b", 2)
	again := s.Points[0]
	s.Points[0].Valid = false
	s.Points = append(s.Points, again)
	cells, err := frame.Cells([]*result.Set{s})
	if err != nil {
		t.Fatalf("a repetition that was invalid and then made again: %v", err)
	}
	if c := cells[0]; len(c.Valid) != 2 || len(c.Invalid) != 1 || c.Valid[0].Repetition != 1 {
		t.Errorf("%d valid, %d invalid, want 2 in order of repetitions and 1", len(c.Valid), len(c.Invalid))
	}
}

func TestPeaksTakesTheBestNumberOfClients(t *testing.T) {
	cells := mustCells(syntheticFigure("2a", 3))
	peaks := frame.Peaks(cells)
	if len(peaks) != 6 {
		t.Fatalf("%d peaks, want one per protocol and operation", len(peaks))
	}
	for _, peak := range peaks {
		for _, c := range cells {
			if c.Protocol == peak.Protocol && c.Op == peak.Op && c.Throughput().Mean > peak.Throughput().Mean {
				t.Errorf("%s has more than the peak %s", c, peak)
			}
		}
	}
}

func TestRatiosCompareLikeWithLike(t *testing.T) {
	s := syntheticFigure("2b", 2)
	for i := range s.Points {
		if s.Points[i].Protocol == "phalanx" {
			s.Points[i].Suite = "modern"
		}
	}
	cells := mustCells(s)
	ratios := frame.Ratios(cells)
	if len(ratios) != 2*3 {
		t.Errorf("%d ratios, want M-ABD's alone: Phalanx ran with another suite", len(ratios))
	}
	for _, r := range ratios {
		if r.Under.Protocol != "mabd" || r.Over.T != r.Under.T || r.Over.Op != r.Under.Op {
			t.Errorf("compares %s with %s", r.Over, r.Under)
		}
	}
}

// syntheticOpen is n repetitions of closed loops of the protocols, and of open ones up to and past what the link carries.
func syntheticOpen(n int, protocols ...string) *result.Set {
	s := synthetic("openloop")
	random := rand.New(rand.NewPCG(2013, uint64(n)))
	for repetition := range n {
		for _, protocol := range protocols {
			for _, op := range []string{"read", "write"} {
				for _, clients := range []int{1, 2, 4, 8, 12} {
					s.Points = append(s.Points, synthesize(random, frame.Open, protocol, op, 1, 256<<10, clients, repetition+1))
				}
				idle := s.Points[len(s.Points)-5]
				for _, load := range []float64{0.25, 0.5, 0.7, 0.8, 0.9, 1.2} {
					s.Points = append(s.Points, offer(random, idle, load))
				}
			}
		}
	}
	return s
}

// offer turns the point of one client into one of an open loop, offered a share of what the link carries.
func offer(random *rand.Rand, p result.Point, load float64) result.Point {
	p.Clients, p.Arrival = 12, result.Poisson
	p.Rate = float64(int(load * p.BoundMBps * 1e6 / float64(p.ValueBytes)))
	p.ThroughputOps = p.Rate * (1 + 0.02*random.NormFloat64())
	p.ThroughputMBps = p.ThroughputOps * float64(p.ValueBytes) / 1e6
	if load >= 1 {
		p.Valid, p.InvalidReason = false, "beyond saturation"
		return p
	}
	queued := p.LatencyMs.Mean * (1 + load*load/(2*(1-load))) * (1 + 0.05*random.NormFloat64())
	p.ServiceMs = result.Latency{Mean: 0.8 * queued, P50: 0.7 * queued, P99: 2 * queued}
	p.LatencyMs = result.Latency{Mean: queued, P50: 0.8 * queued, P99: 3 * queued}
	p.SlipMs = result.Latency{Mean: 0.08, P99: 0.3}
	p.Histogram, p.ServiceHistogram = histogramOf(p.LatencyMs), histogramOf(p.ServiceMs)
	return p
}

func TestOpenFigure(t *testing.T) {
	s := syntheticOpen(5, "mpowerstore")
	svg := render(t, s)
	checkGolden(t, "figopen.svg", svg)
	says(t, "the figure", joined(svg), "closed loop", "from the intended start", "Poisson arrivals at 56 to 269/s, whether",
		"taken by 12 clients.", "1, 2, 4, 8, 12 clients.", "12 clients at 269/s", "10 of 110 runs were invalid")
}

func TestOpenFigureOfLittle(t *testing.T) {
	says(t, "a figure of two protocols", render(t, syntheticOpen(1, "mpowerstore", "mabd")), ">M-PoWerStore", ">M-ABD")
	render(t, without(syntheticOpen(1, "mabd"), func(p result.Point) bool { return p.Open() }))
	open := render(t, without(syntheticOpen(1, "mabd"), func(p result.Point) bool { return !p.Open() }))
	says(t, "a figure of open loops alone", open, "12 clients.")
	nothing := syntheticOpen(1, "mabd")
	invalidate(nothing, func(result.Point) bool { return true })
	render(t, nothing)
}

// Open loops are in no other figure, peak or ratio, however high their throughput.
func TestOpenLoopsStayApart(t *testing.T) {
	random := rand.New(rand.NewPCG(2013, 0))
	for _, figure := range []string{"2a", "2b", "2c", frame.Ablation} {
		s := syntheticFigure("2a", 2)
		for i := range s.Points {
			s.Points[i].Figure = figure
		}
		mixed := *s
		for _, p := range s.Points {
			if p.Clients == 1 {
				mixed.Points = append(mixed.Points[:len(mixed.Points):len(mixed.Points)], offer(random, p, 0.99))
				mixed.Points[len(mixed.Points)-1].Rate = 50 // alike for all protocols
			}
		}
		if render(t, s) != render(t, &mixed) {
			t.Errorf("open loops change figure %s", figure)
		}
		a, b := frame.Ratios(mustCells(s)), frame.Ratios(mustCells(&mixed))
		if len(a) != len(b) || a[0].Value != b[0].Value {
			t.Errorf("open loops change ratios of figure %s", figure)
		}
	}
}

func TestOpenLoopsInTheSummary(t *testing.T) {
	says(t, "the table", textOf(summary(t, syntheticOpen(2, "mpowerstore"))),
		"arrival", "poisson 112/s", "closed", "service ms", "slip ms", "0.08", "Arrival: closed, or how often")
	if text := textOf(summary(t, syntheticFigure("2a", 2))); strings.Contains(text, "arrival") || strings.Contains(text, "slip") {
		t.Errorf("a table of closed loops alone speaks of arrival:\n%s", text)
	}
}

// byPair is a run of figure 2(d) over regions, with hot keys and a background writer, that lost points.
func byPair() *result.Set {
	s := syntheticFigure("2d", 3)
	tb := &s.Manifest.Testbed
	tb.Guest, tb.Offload = "", true
	tb.Delays = []result.Delay{
		{From: "client1", To: "servers", MeanMs: 31, JitterMs: 2, Distribution: "normal"},
		{From: "servers", To: "client1", MeanMs: 110, Loss: 0.001},
	}
	tb.DelaysBefore = []result.MeasuredDelay{
		{MeanMs: 31.31, AskedMeanMs: 31, KS: 0.021}, {MeanMs: 109.45, AskedMeanMs: 110, KS: 0.008},
	}
	for i := range s.Points {
		p := &s.Points[i]
		p.KeyModel = "hot"
		if p.Op == "read" {
			p.Background = result.Background{Ops: 12, Bytes: 1 << 20, Share: 0.0125 + float64(p.T)/1e3}
		}
	}
	invalidate(s, func(p result.Point) bool { return p.T == 2 && p.Protocol == "mabd" || p.T == 3 && p.Repetition < 3 })
	return s
}

// joined undoes the breaking of captions into lines.
func joined(svg string) string {
	var b strings.Builder
	for _, part := range strings.Split(svg, ">") {
		if text, _, isText := strings.Cut(part, "</text"); isText {
			b.WriteString(text + " ")
		}
	}
	return b.String()
}

// Without a shaped network there is no prediction, and without repetitions no interval: the legend explains neither.
func TestLatencyMarksExplainWhatIsThere(t *testing.T) {
	for n, want := range map[int]int{1: 2, 2: 3} {
		if got := len(must(Pictures([]*result.Set{unshaped(syntheticFigure("2d", n))}))[0].Legend) - len(paperProtocols); got != want {
			t.Errorf("%d repetitions: %d marks, want %d", n, got, want)
		}
	}
}
