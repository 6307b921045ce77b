package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// A search shows one search for saturation: in words, and drawn.
type search struct {
	Series  string
	Chosen  string
	Plateau string // its numbers of clients; empty if the manifest does not tell what counts as one
	Steps   string
	Drawing searchDrawing
}

func searchesOf(set *result.Set) []search {
	var all []search
	for _, s := range set.Manifest.Searches {
		var steps []string
		for _, step := range s.Steps {
			steps = append(steps, fmt.Sprintf("%d: %s", step.Clients, number(step.ThroughputMBps)))
		}
		var on []int
		if gain, told := set.Manifest.SearchGain(); told {
			on = s.Plateau(gain)
		}
		var plateau []string
		for _, n := range on {
			plateau = append(plateau, strconv.Itoa(n))
		}
		all = append(all, search{
			Series: fmt.Sprintf("%s %s, t = %d, %s%s", s.FullName(), s.Op, s.T, frame.SizeName(s.Series), s.Unusual()),
			Chosen: strconv.Itoa(s.Chosen) + ifTrue(!s.Saturated, ", not saturated"), Plateau: strings.Join(plateau, ", "),
			Steps: strings.Join(steps, ", "), Drawing: drawSearch(s, on, boundOf(set, s)),
		})
	}
	return all
}

// boundOf is the network's bound in MB/s of what was searched, by the points that were measured afterwards; 0 without any.
func boundOf(set *result.Set, s result.Search) float64 {
	for _, p := range set.Points {
		if p.Series == s.Series && p.Shaped {
			return p.BoundMBps
		}
	}
	return 0
}

// Sizes of a drawn search, in units of its view box.
const (
	searchWidth  = 220
	searchHeight = 84
	searchLeft   = 30 // of the panel, as the next three
	searchRight  = 212
	searchTop    = 12
	searchBottom = 70
)

// A searchDrawing is a panel of throughputs against numbers of clients, on a logarithmic axis: every try, a line through
// their means, the plateau shaded, the chosen number marked, the network's bound.
type searchDrawing struct {
	Plateaus []box
	Tries    []try
	Line     string  // a path
	Chosen   spot    // 0 if it is none of those tried
	Bound    float64 // y; 0 for none
	Top      string  // the label at Ceiling
	Ceiling  float64
	Labels   []label // of the x axis
}

type (
	spot struct{ X, Y float64 }
	box  struct{ X, Width float64 }
	try  struct {
		spot
		Says string
	}
	label struct {
		X    float64
		Text string
	}
)

// Box and the others are the edges of the panel.
func (searchDrawing) Box() string    { return fmt.Sprintf("0 0 %d %d", searchWidth, searchHeight) }
func (searchDrawing) Left() int      { return searchLeft }
func (searchDrawing) Right() int     { return searchRight }
func (searchDrawing) PanelTop() int  { return searchTop }
func (searchDrawing) Bottom() int    { return searchBottom }
func (searchDrawing) Height() int    { return searchBottom - searchTop }
func (searchDrawing) LabelsAt() int  { return searchHeight - 3 }
func (searchDrawing) UnitsFrom() int { return searchLeft - 4 }
func (d searchDrawing) Drawn() bool  { return len(d.Tries) > 0 }

// drawSearch draws the search. There is nothing to draw without steps, or if one has no clients.
func drawSearch(s result.Search, plateau []int, bound float64) (d searchDrawing) {
	mean := s.Means()
	tried := slices.Sorted(maps.Keys(mean))
	if len(tried) == 0 || tried[0] < 1 {
		return d
	}
	a := searchAxes{first: tried[0], last: tried[len(tried)-1], most: bound}
	for _, step := range s.Steps {
		a.most = max(a.most, step.ThroughputMBps)
	}
	for _, step := range s.Steps {
		says := fmt.Sprintf("%s: %s MB/s", stat.Count(step.Clients, "client"), number(step.ThroughputMBps))
		d.Tries = append(d.Tries, try{a.at(step.Clients, step.ThroughputMBps), says})
	}
	for i, n := range tried {
		at := a.at(n, mean[n])
		d.Line += fmt.Sprintf("%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], at.X, at.Y)
		d.Labels = append(d.Labels, label{at.X, strconv.Itoa(n)})
		if slices.Contains(plateau, n) {
			from, to := a.between(tried, i-1, i), a.between(tried, i, i+1)
			d.Plateaus = append(d.Plateaus, box{from, tenth(to - from)})
		}
	}
	d.Labels = thinned(d.Labels)
	if x, known := mean[s.Chosen]; known {
		d.Chosen = a.at(s.Chosen, x)
	}
	d.Top, d.Ceiling = number(a.most), a.at(a.first, a.most).Y
	if bound > 0 {
		d.Bound = a.at(a.first, bound).Y
	}
	return d
}

// thinned leaves out labels that would stand too close to the one before; the last one always stays.
func thinned(labels []label) (kept []label) {
	const room = 20
	for i, l := range labels {
		if i == len(labels)-1 {
			for len(kept) > 0 && l.X-kept[len(kept)-1].X < room {
				kept = kept[:len(kept)-1]
			}
		}
		if len(kept) == 0 || l.X-kept[len(kept)-1].X >= room {
			kept = append(kept, l)
		}
	}
	return kept
}

// searchAxes place numbers of clients and throughputs in the panel.
type searchAxes struct {
	first, last int
	most        float64
}

// inset keeps what is drawn at the ends of the x axis off the panel's edges.
const inset = 10

func (a searchAxes) at(clients int, throughput float64) spot {
	x := (searchLeft + searchRight) / 2.
	if a.last > a.first {
		share := math.Log(float64(clients)/float64(a.first)) / math.Log(float64(a.last)/float64(a.first))
		x = searchLeft + inset + share*(searchRight-searchLeft-2*inset)
	}
	y := float64(searchBottom)
	if a.most > 0 {
		y -= throughput / a.most * (searchBottom - searchTop - 4)
	}
	return spot{tenth(x), tenth(y)}
}

// between is the middle between two numbers that were tried, or the panel's edge beyond them.
func (a searchAxes) between(tried []int, i, j int) float64 {
	switch {
	case i < 0:
		return searchLeft
	case j == len(tried):
		return searchRight
	}
	return tenth((a.at(tried[i], 0).X + a.at(tried[j], 0).X) / 2)
}

func tenth(x float64) float64 { return math.Round(10*x) / 10 }
