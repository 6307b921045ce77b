package experiment

import (
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/catalog"
)

// A window asks for some operations of each client of a closed loop, and takes the time that they need.
func TestEndIn(t *testing.T) {
	for _, c := range []struct {
		asked int
		load  result.Load
		want  int
	}{
		{140, result.Load{Clients: 8}, 140},
		{140, result.Load{Clients: 46}, 140},
		{140, result.Load{Clients: 47}, 141},
		{3, result.Load{Clients: 1, Arrival: result.Closed}, 3},
		{3, result.Load{Clients: 4096}, 3 * 4096},
		{3, result.Load{Clients: 4096, Arrival: result.Poisson, Rate: 1}, 3}, // whoever is idle takes one
	} {
		if got := EndIn(c.asked, c.load); got != c.want {
			t.Errorf("%d asked for, %+v: %d, want %d", c.asked, c.load, got, c.want)
		}
	}
	p, err := catalog.ByName("phalanx")
	if err != nil {
		t.Fatal(err)
	}
	e := &Experiment{Settings: defaults()}
	window := func(clients int) time.Duration {
		c := result.Cell{Series: result.Series{Op: result.OpWrite, T: 1, ValueBytes: 1 << 20}, Load: result.Load{Clients: clients}}
		return e.windowTime(p, c, 3, time.Millisecond, time.Hour)
	}
	if one, many := window(2), window(32); many != 16*one {
		t.Errorf("3 operations of each of 32 clients of a full link take %v, of each of 2 clients %v", many, one)
	}
}
