package plots

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

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
	return p
}

func TestOpenFigure(t *testing.T) {
	s := syntheticOpen(5, "mpowerstore")
	svg := render(t, s)
	checkGolden(t, "figopen.svg", svg)
	said := joined(svg)
	for _, want := range []string{
		"closed loop", "from the intended start", "Poisson arrivals at 56 to 269/s, whether", "taken by 12 clients.",
		"1, 2, 4, 8, 12 clients.", "12 clients at 269/s", "10 of 110 runs were invalid",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
}

func TestOpenFigureOfLittle(t *testing.T) {
	two := render(t, syntheticOpen(1, "mpowerstore", "mabd"))
	if !strings.Contains(two, ">M-PoWerStore") || !strings.Contains(two, ">M-ABD") {
		t.Error("a figure of two protocols should name both")
	}
	render(t, without(syntheticOpen(1, "mabd"), func(p result.Point) bool { return p.Open() }))
	if svg := render(t, without(syntheticOpen(1, "mabd"), func(p result.Point) bool { return !p.Open() })); !strings.Contains(svg, "12 clients.") {
		t.Error("open loops alone should name their clients")
	}
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
		a, b := frame.Ratios(mustCells(t, s)), frame.Ratios(mustCells(t, &mixed))
		if len(a) != len(b) || a[0].Value != b[0].Value {
			t.Errorf("open loops change ratios of figure %s", figure)
		}
	}
}

func TestOpenLoopsInTheSummary(t *testing.T) {
	made, err := Summary([]*result.Set{syntheticOpen(2, "mpowerstore")})
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(made)
	for _, want := range []string{"arrival", "poisson 112/s", "closed", "service ms", "slip ms", "0.08", "Arrival: closed, or how often"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q:\n%s", want, text)
		}
	}
	made, err = Summary([]*result.Set{syntheticFigure("2a", 2)})
	if err != nil {
		t.Fatal(err)
	}
	if text = textOf(made); strings.Contains(text, "arrival") || strings.Contains(text, "slip") {
		t.Errorf("a table of closed loops alone speaks of arrival:\n%s", text)
	}
}

func TestCellsRefusesArrivals(t *testing.T) {
	for want, change := range map[string]func(p *result.Point){
		`unknown arrival "bursts"`:         func(p *result.Point) { p.Arrival = "bursts" },
		`arrival "poisson" at a rate of 0`: func(p *result.Point) { p.Rate = 0 },
		`arrival "closed" at a rate of`:    func(p *result.Point) { p.Arrival = "" },
		"a service time of 0 ms":           func(p *result.Point) { p.ServiceMs.Mean = 0 },
	} {
		s := syntheticOpen(1, "mabd")
		change(&s.Points[5])
		if _, err := frame.Cells([]*result.Set{s}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
