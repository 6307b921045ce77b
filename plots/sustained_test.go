package plots

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/tables"
)

// course gives the point a timeline of so many seconds, whose throughput grows by a share of it each minute, on three servers.
func course(p *result.Point, seconds int, perMinute float64, random *rand.Rand) {
	line := &result.WindowTimeline{IntervalS: 1, P99OverS: 5}
	stored, written, compacted := 0., 0., 0.
	for i := range seconds + 1 {
		s := &line.Servers
		s.AtS = append(s.AtS, float64(i))
		s.AppliedBytes.Add(stored/3, stored/3, stored/3)
		s.WrittenBytes.Add(written/3, written/3, written/3)
		s.CompactedBytes.Add(compacted/3, compacted/3, compacted/3)
		s.DiskBytes.Add(stored/3, stored/3, stored/3)
		s.RSSMiB.Add(60, 60, 60+float64(i)/10)
		s.StallMs.Add(0, 0, 4*float64(i))
		if i == seconds {
			break
		}
		ops := p.ThroughputOps * (1 + perMinute*(float64(i)-float64(seconds)/2)/60) * (1 + 0.01*random.NormFloat64())
		line.Ops = append(line.Ops, ops)
		if i%5 == 4 {
			line.P99Ms = append(line.P99Ms, p.LatencyMs.P99*(1+0.1*random.NormFloat64()))
		}
		bytes := 3 * ops * float64(p.ValueBytes)
		stored, compacted = stored+bytes, compacted+bytes/10
		written += 2.1 * bytes
	}
	p.DurationS, p.Timeline = float64(seconds), line
}

// growth is by how much of itself each protocol's throughput grows each minute.
var growth = map[string]float64{"mpowerstore": 0, "mabd": -0.04, "phalanx": 0.03}

// sustained is a run of long loads.
func sustained(seconds int) *result.Set {
	s := syntheticFigure(frame.Sustain, 1)
	random := rand.New(rand.NewPCG(5, 300))
	s.Points = frame.Keep(s.Points, func(p result.Point) bool { return p.Op == "write" })
	for _, p := range slices.Clone(s.Points) {
		p.Durability = "fsync"
		s.Points = append(s.Points, p)
	}
	for i := range s.Points {
		p := &s.Points[i]
		course(p, seconds, growth[p.Protocol], random)
		s.Manifest.Searches = append(s.Manifest.Searches, result.Search{Series: p.Series, Steps: []result.SearchStep{
			{Clients: 4, ThroughputMBps: 1}, {Clients: 8, ThroughputMBps: 50}, {Clients: 8, ThroughputMBps: 52},
		}})
	}
	return s
}

func TestSustainedFigure(t *testing.T) {
	svg := render(t, sustained(300))
	checkGolden(t, "figsustained.svg", svg)
	says(t, "the figure", svg, ">WRITE, durability write<", ">WRITE, durability fsync<", ">Time (s)<",
		"steady (M-PoWerStore", "rising (Phalanx", "falling (M-ABD")
	says(t, "the figure of two seconds", render(t, sustained(2)), "cannot tell (all)")
}

func TestSustainedTable(t *testing.T) {
	all := summary(t, sustained(300))
	i := slices.IndexFunc(all, func(x tables.Table) bool { return x.Title == "Sustained throughput" })
	if i < 0 {
		t.Fatal("no table of sustained throughput")
	}
	for head, want := range map[string]string{
		"protocol": "M-PoWerStore M-ABD Phalanx M-PoWerStore M-ABD Phalanx", "steady": "steady falling rising steady falling rising",
		"by compactions": "4.76 % 4.76 % 4.76 % 4.76 % 4.76 % 4.76 %", "stalls s": "1.20 1.20 1.20 1.20 1.20 1.20",
		"memory, last / middle": "1.21 1.21 1.21 1.21 1.21 1.21",
		"written":               "2.10 2.10 2.10 2.10 2.10 2.10", "memory MiB": "90.0 90.0 90.0 90.0 90.0 90.0",
	} {
		if got := strings.Join(columnOf(t, all[i], head), " "); got != want {
			t.Errorf("%s: %s, want %s", head, got, want)
		}
	}
	for _, got := range columnOf(t, all[i], "search MB/s") {
		if !strings.HasPrefix(got, "51.0 ± ") {
			t.Errorf("the search saw %s, want the mean of 50 and 52", got)
		}
	}
	if all := summary(t, syntheticFigure("2b", 1)); slices.ContainsFunc(all, func(x tables.Table) bool { return x.Title == "Sustained throughput" }) {
		t.Error("a table of points without timelines")
	}
}

// A course finds what was planted: slope, ratio of the ends, and what the servers came to.
func TestCourse(t *testing.T) {
	for _, p := range sustained(300).Points {
		c, ok := frame.CourseOf(p)
		slope, g := c.Trend.Slope, growth[p.Protocol]
		if !ok || math.Abs(slope-g) > 0.004 || c.Trend.Low > slope || c.Trend.High < slope {
			t.Errorf("%s: slope %v [%v, %v] per minute, want %v", p.Protocol, slope, c.Trend.Low, c.Trend.High, g)
		}
		ratio := (1 + 2*g) / (1 - g*145/60)
		if c.BeginningS != 10 || c.EndS != 60 || math.Abs(c.Ratio.Value/ratio-1) > 0.02 || !c.Ratio.HasInterval() {
			t.Errorf("%s: %+v over %v and %v s, want %v", p.Protocol, c.Ratio, c.BeginningS, c.EndS, ratio)
		}
		if gb := 3 * p.ThroughputMBps * 300 / 1e3; math.Abs(c.DiskGB/gb-1) > 0.02 {
			t.Errorf("%s: %v GB on disk, want about %v", p.Protocol, c.DiskGB, gb)
		}
	}
	short := sustained(6).Points[0]
	if c, _ := frame.CourseOf(short); c.Steadiness != frame.Unclear || c.BeginningS != 1 || c.EndS != 1 {
		t.Errorf("six seconds: %+v", c)
	}
	short.Timeline = nil
	if _, ok := frame.CourseOf(short); ok {
		t.Error("the course of a point without a timeline")
	}
}
