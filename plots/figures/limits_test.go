package figures

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// Each size of values has a page, and with another suite than modern one of its own, with a row for each durability that was measured,
// and the costs of memory.
func TestPagesOfLimits(t *testing.T) {
	s := &result.Set{Dir: "limits"}
	s.Manifest.Testbed = result.Testbed{Topology: result.SharedHost, Unlimited: true}
	for _, system := range []result.Series{
		{Protocol: "mabd", Variant: result.Paper}, {Protocol: "null", Variant: "mabd"},
	} {
		for _, size := range []int{64 << 10, 256 << 10} {
			for _, durability := range []string{"memory", "fsync"} {
				if system.StoresNothing() && durability == "fsync" {
					continue // it is the ceiling all the same
				}
				for i, clients := range []int{1, 8} {
					p := result.Point{
						Figure: frame.LimitsFigure, Series: system, Load: result.Load{Clients: clients}, Repetition: 1,
						ThroughputMBps: 100 * float64(i+1), ThroughputOps: 1, LatencyMs: result.Latency{Mean: 1}, DurationS: 1,
						Validity: result.Validity{Valid: true},
					}
					p.Suite, p.Durability, p.Op, p.T, p.ValueBytes = result.Modern, durability, result.OpRead, 1, size
					s.Points = append(s.Points, p)
					if p.Suite = result.Paper; size == 64<<10 {
						s.Points = append(s.Points, p)
					}
				}
			}
		}
	}
	pages, err := All([]*result.Set{s})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range pages {
		names = append(names, p.Name)
		var labels []string
		for _, row := range p.Rows {
			labels = append(labels, row[0].Y.Label.Text)
		}
		want := []string{"% of ceiling: memory", "% of ceiling: fsync", "CPU (s/GB): memory", "Heap (B/B): memory"}
		if !slices.Equal(labels, want) || len(p.Loud) > 0 {
			t.Errorf("%s: rows %q, want %q; loud %q", p.Name, labels, want, p.Loud)
		}
		if dots := p.Rows[1][0].Series()[1].Dots; len(dots) != 2 || dots[0].Y.Mean != 100 || dots[1].Y.Mean != 100 {
			t.Errorf("%s: shares %+v with fsync, want 100 %% with either number of clients", p.Name, dots)
		}
		if n := len(p.Legend); n != 2 {
			t.Errorf("%s: %d entries in the legend, want the protocol and the ceiling", p.Name, n)
		}
	}
	if want := []string{"limits-64KiB", "limits-64KiB-paper", "limits-256KiB"}; !slices.Equal(names, want) {
		t.Errorf("pages %q, want %q", names, want)
	}
}

// Where Pebble alone was measured, rows set WRITEs beside it.
func TestRowsOfPebble(t *testing.T) {
	s := &result.Set{Dir: "limits"}
	s.Manifest.Testbed = result.Testbed{Topology: result.SharedHost, Unlimited: true}
	for _, system := range []result.Series{{Protocol: "mabd", Variant: result.Paper}, {Protocol: result.Pebble, Variant: "mabd"}} {
		for _, durability := range []string{"write", "fsync"} {
			if system.PebbleAlone() && durability == "fsync" {
				continue
			}
			p := result.Point{
				Figure: frame.LimitsFigure, Series: system, Load: result.Load{Clients: 8}, Repetition: 1, ThroughputMBps: 100,
				ThroughputOps: 1, LatencyMs: result.Latency{Mean: 1}, DurationS: 1, Validity: result.Validity{Valid: true},
			}
			p.Suite, p.Durability, p.Op, p.T, p.ValueBytes = result.Modern, durability, result.OpWrite, 1, 256<<10
			s.Points = append(s.Points, p)
		}
	}
	pages, err := All([]*result.Set{s})
	if err != nil || len(pages) != 1 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	var labels []string
	for _, row := range pages[0].Rows {
		labels = append(labels, row[0].Y.Label.Text)
	}
	if want := []string{"% of ceiling: write", "% of ceiling: fsync", "% of Pebble: write"}; !slices.Equal(labels, want) {
		t.Errorf("rows %q, want %q", labels, want)
	}
}
