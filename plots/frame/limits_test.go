package frame

import (
	"math"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// limitOf is cellOf with a variant, a value size and a durability.
func limitOf(protocol, variant, durability string, throughputs ...float64) Cell {
	c := cellOf(protocol, 2, throughputs...)
	c.Variant, c.Durability = variant, durability
	return c
}

func TestLimitsAreBesideTheirCeilings(t *testing.T) {
	limits := Limits([]Cell{
		limitOf("mpowerstore", result.Paper, "memory", 55, 30),
		limitOf("null", "mpowerstore", "memory", 100, 60),
		limitOf("null", "mabd", "memory", 1000, 1000),
		limitOf("mpowerstore", result.Paper, "fsync", 20, 20),
		limitOf("mabd", result.Paper, "memory", 0, 800),
		limitOf("pebble", "mpowerstore", "fsync", 40, 80),
		limitOf("pebble", "mpowerstore", "write", 500, 500),
	})
	if len(limits) != 3 {
		t.Fatalf("%d limits, want 3: ceilings have none themselves", len(limits))
	}
	for i, want := range []struct {
		n        int
		share    float64
		ofPebble int
	}{{2, (0.55 + 0.5) / 2, 0}, {2, (0.2 + 1.0/3) / 2, 2}, {1, 0.8, 0}} {
		got, disk := limits[i].Share(), limits[i].OfPebble()
		if got.N != want.n || math.Abs(got.Mean-want.share) > 1e-9 || disk.N != want.ofPebble {
			t.Errorf("%s %s: share %+v, of Pebble %+v, want %+v", limits[i].Cell.Protocol, limits[i].Cell.Durability, got, disk, want)
		}
		if disk.N > 0 && math.Abs(disk.Mean-(0.5+0.25)/2) > 1e-9 {
			t.Errorf("of Pebble %+v", disk)
		}
	}
}

func TestWhatValuesTake(t *testing.T) {
	p := result.Point{
		ThroughputMBps: 500, DurationS: 4, CPUS: result.CPU{Clients: 3, Servers: 5},
		Allocated: result.Allocated{Clients: 1e9, Servers: 3e9},
	}
	if cpu, heap := CPUPerGB(p), AllocatedPerByte(p); cpu != 4 || heap != 2 {
		t.Errorf("2 GB of values took %v s/GB and %v bytes/byte, want 4 and 2", cpu, heap)
	}
}

// Pebble alone has no traffic to hold against a model: that makes no set one of earlier rules.
func TestPebbleIsNotCountedEarlier(t *testing.T) {
	s := &result.Set{Points: []result.Point{{Series: result.Series{Protocol: result.Pebble}, Ops: 1}}}
	if CountedEarlier(s) {
		t.Error("a set with Pebble alone counts as one of an earlier version")
	}
}
