package plots

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/query"
)

// capacity is a run that searched for rates, in which attacks cost M-PoWerStore some of its own, and Phalanx knows none but one.
func capacity() *result.Set {
	s := syntheticFigure(frame.Capacity, 2)
	lost := map[string]float64{"": 0, "B1": 10, "B5": 30, "B10": 20}
	points := s.Points
	s.Points = nil
	for _, p := range points {
		for attack, less := range lost {
			if p.Protocol != "mpowerstore" && attack != "" && attack != "B1" {
				continue
			}
			p.Attack, p.Arrival, p.Rate, p.ServiceMs = attack, result.Poisson, 100-less, p.LatencyMs
			p.Objective = &result.Bounded{Percentile: "p99", BoundMs: 20, Confidence: 0.95, Answer: result.Kept}
			s.Points = append(s.Points, p)
		}
	}
	return s
}

func TestCapacityFigure(t *testing.T) {
	s := capacity()
	s.Points = append(s.Points, syntheticFigure(frame.Capacity, 1).Points[0]) // of a closed loop, in no panel
	svg := render(t, s)
	says(t, "the figure", svg, "Highest rate (operations/s)", "p99 at that rate (ms)", "least", "p99 of at most 20 ms")
	if one, ten := strings.Index(svg, ">B5<"), strings.Index(svg, ">B10<"); one < 0 || ten < one {
		t.Errorf("B5 is at %d, B10 at %d", one, ten)
	}
	says(t, "the summary", textOf(summary(t, capacity())), "B10", "robust ops/s", "p99 of at most 20 ms")
}

// Robust capacity is the least over the attacks, and the attack tells measurements apart.
func TestRobustCapacity(t *testing.T) {
	r, err := query.New([]*result.Set{capacity()}, result.Virtual{})
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]float64{
		`least("point", "rate", {figure: "capacity", protocol: "mpowerstore", op: "read"})`:                          70,
		`least("point", "rate", {figure: "capacity", protocol: "phalanx", op: "read"})`:                              90,
		`of("point", "rate", {figure: "capacity", protocol: "mpowerstore", op: "read", attack: "none"})`:             100,
		`of("point", "objective.bound_ms", {figure: "capacity", protocol: "mpowerstore", op: "read", attack: "B5"})`: 20,
	} {
		q, err := r.Evaluate(expression, nil)
		if err != nil || !q.Known() || q.Interval().Value != want {
			t.Errorf("%s is %v, %v, want %v", expression, q, err, want)
		}
	}
}

// A point under attack belongs to no figure that would show it as one of correct servers.
func TestAttackInAnotherFigure(t *testing.T) {
	s := syntheticFigure("2b", 1)
	s.Points[0].Attack = "B1"
	refused(t, "does not tell attacks apart", []*result.Set{s})
}
