package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// searched is a search with a hole in its plateau, 4 clients, and one try more than there are numbers.
func searched() result.Search {
	return result.Search{
		Series: result.Series{
			Protocol: "mabd", Variant: "unanimous", Suite: result.Paper, Durability: result.UsualDurability, Op: result.OpRead, T: 1,
			ValueBytes: 32,
		},
		Steps: []result.SearchStep{
			{Clients: 1, ThroughputMBps: 10},
			{Clients: 2, ThroughputMBps: 39},
			{Clients: 4, ThroughputMBps: 30},
			{Clients: 8, ThroughputMBps: 40},
			{Clients: 8, ThroughputMBps: 38},
		},
		Chosen: 8,
	}
}

// A search is drawn to scale: on a logarithmic axis of clients, from 0 to the bound.
func TestDrawSearch(t *testing.T) {
	d := drawSearch(searched(), []int{2, 8}, 50)
	y := func(mbps float64) float64 { return searchBottom - mbps/50*(searchBottom-searchTop-4) }
	const step = (searchRight - searchLeft - 2*inset) / 3.
	x := func(i float64) float64 { return tenth(searchLeft + inset + i*step) }
	if want := (spot{x(3), tenth(y(39))}); d.Chosen != want {
		t.Errorf("the chosen number is at %v, want the mean of its tries, %v", d.Chosen, want)
	}
	if want := []box{{x(.5), tenth(x(1.5) - x(.5))}, {x(2.5), tenth(searchRight - x(2.5))}}; !slices.Equal(d.Plateaus, want) {
		t.Errorf("shaded is %v, want %v", d.Plateaus, want)
	}
	if len(d.Tries) != 5 || d.Tries[3].spot != (spot{x(3), tenth(y(40))}) || d.Tries[0].Says != "1 client: 10.0 MB/s" {
		t.Errorf("tries %v", d.Tries)
	}
	if d.Bound != tenth(y(50)) || d.Top != "50.0" || d.Ceiling != d.Bound {
		t.Errorf("bound at %v, %s at %v", d.Bound, d.Top, d.Ceiling)
	}
	var labels []string
	for _, l := range d.Labels {
		labels = append(labels, l.Text)
	}
	if want := []string{"1", "2", "4", "8"}; !slices.Equal(labels, want) || strings.Count(d.Line, "L") != 3 {
		t.Errorf("labels %v, line %s", labels, d.Line)
	}
}

// What cannot be drawn is not, and what can is finite.
func TestDrawOddSearches(t *testing.T) {
	for name, steps := range map[string][]result.SearchStep{"no step": nil, "no clients": {{Clients: 0, ThroughputMBps: 1}, {Clients: 2}}} {
		if drawSearch(result.Search{Steps: steps}, nil, 0).Drawn() {
			t.Errorf("%s: drawn", name)
		}
	}
	one := drawSearch(result.Search{Steps: []result.SearchStep{{Clients: 3}}, Chosen: 5}, []int{3}, 0)
	if want := []box{{searchLeft, searchRight - searchLeft}}; !slices.Equal(one.Plateaus, want) || one.Chosen != (spot{}) {
		t.Errorf("one step without throughput: %+v", one)
	}
	if strings.Contains(one.Line, "NaN") || strings.Contains(one.Line, "Inf") {
		t.Errorf("line %s", one.Line)
	}
	var labels []label
	for i := range 40 {
		labels = append(labels, label{float64(4 * i), "n"})
	}
	kept := thinned(labels)
	for i, l := range kept[1:] {
		if l.X-kept[i].X < 20 {
			t.Errorf("labels at %v and %v", kept[i].X, l.X)
		}
	}
	if kept[len(kept)-1] != labels[39] {
		t.Error("the last label is missing")
	}
}

// The report shows each search; the plateau as far as the experiment tells what counts as one.
func TestSearchesInReport(t *testing.T) {
	for config, plateau := range map[string]string{
		`{"search":{"gain":"3%"}}`: "<td>2, 8</td>", `{}`: "<td>–</td>",
	} {
		s := measured(1)
		s.Manifest.Config = []byte(config)
		s.Manifest.Searches = []result.Search{searched()}
		var b bytes.Buffer
		if err := Write(&b, Input{Sets: []*result.Set{s}}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"mabd&#43;unanimous read, t = 1, 32 B", "<td>8, not saturated</td>", plateau, `<circle class="chosen"`,
			"<title>8 clients: 40.0 MB/s</title>",
		} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: the report lacks %s", config, want)
			}
		}
		if got := strings.Count(b.String(), `class="plateau"`); got != 2*strings.Count(config, "gain") {
			t.Errorf("%s: %d shades", config, got)
		}
	}
}

// A search for a rate shows every try, against the share of slower operations that is allowed.
func TestCapacitiesInReport(t *testing.T) {
	s := measured(1)
	found := result.Capacity{
		Series:    searched().Series,
		Load:      result.Load{Clients: 12, Arrival: result.Poisson, Rate: 120},
		Objective: result.Objective{P99: result.Duration(20e6), Confidence: 95 * result.Percent},
		Tries: []result.RateTry{
			{Rate: 100, Operations: 1200, Slower: 3, Answer: result.Kept},
			{Rate: 200, Operations: 1200, Slower: 2, Answer: result.Overrun},
			{Rate: 120, Operations: 1200, Slower: 6, Answer: result.Kept},
		},
	}
	s.Manifest.Capacities = []result.Capacity{found}
	var b bytes.Buffer
	if err := Write(&b, Input{Sets: []*result.Set{s}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"searches for the highest rate", "<td>120/s</td>", "p99 of at most 20ms", "<title>200/s: overrun, 2 of 1200 slower</title>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %s", want)
		}
	}
	d := drawCapacity(found)
	if len(d.Tries) != 3 || d.Chosen != d.Tries[1].spot || d.Tries[2].Y != searchTop+4 || d.Bound <= d.Ceiling || d.Top != "4.00 %" {
		t.Errorf("drawn as %+v", d)
	}
	found.Tries = nil
	if drawCapacity(found).Drawn() {
		t.Error("a search without tries is drawn")
	}
}
