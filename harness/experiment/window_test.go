package experiment

import (
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
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
	e := &Experiment{Settings: defaults()}
	p, err := e.pace(result.Series{Protocol: "phalanx", Suite: result.Paper, Op: result.OpWrite, T: 1, ValueBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	window := func(clients int) time.Duration {
		return p.windowTime(result.Load{Clients: clients}, 3, time.Millisecond, time.Hour)
	}
	if one, many := window(2), window(32); many != 16*one {
		t.Errorf("3 operations of each of 32 clients of a full link take %v, of each of 2 clients %v", many, one)
	}
}
