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
	})
	if len(limits) != 3 {
		t.Fatalf("%d limits, want 3: ceilings have none themselves", len(limits))
	}
	for i, want := range []struct {
		n     int
		share float64
	}{{2, (0.55 + 0.5) / 2}, {0, 0}, {1, 0.8}} {
		got := limits[i].Share()
		if got.N != want.n || math.Abs(got.Mean-want.share) > 1e-9 {
			t.Errorf("%s %s: share %+v, want %v of %d", limits[i].Cell.Protocol, limits[i].Cell.Durability, got, want.share, want.n)
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
