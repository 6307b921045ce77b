package experiment

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const spreadRegions = "topology: spread, regions: {names: [b, a, c], delays: " +
	"{a-b: {mean: 1ms}, b-c: {mean: 2ms}, a-c: {mean: 4ms}, c-a: {mean: 1ms}}}"

func TestHostsTakeTheRegionsInTurn(t *testing.T) {
	e := mustLoad(t, "experiment: a\ntestbed: {"+spreadRegions+"}")
	var got []string
	for i := range 7 {
		got = append(got, e.Testbed.Region(i))
	}
	if want := "b a c b a c b"; strings.Join(got, " ") != want {
		t.Errorf("hosts are in %v, want %s", got, want)
	}
	if got := mustLoad(t, "experiment: a").Testbed.Region(0); got != "" {
		t.Errorf("a host is in %q, but there are no regions", got)
	}
}

// A delay holds both ways unless the way back has its own; within a region there is none.
func TestBetweenRegions(t *testing.T) {
	e := mustLoad(t, "experiment: a\ntestbed: {"+spreadRegions+"}")
	for way, want := range map[string]time.Duration{
		"a b": 1, "b a": 1, "b c": 2, "c b": 2, "a c": 4, "c a": 1, "a a": 0, "c c": 0,
	} {
		d := e.Testbed.Between(way[:1], way[2:])
		if d.Mean.Std() != want*time.Millisecond || (d == Delay{}) != (want == 0) {
			t.Errorf("%s: %+v, want a mean of %d ms", way, d, want)
		}
	}
}

func TestBetweenWithoutRegions(t *testing.T) {
	if d := mustLoad(t, "experiment: a").Testbed.Between("", ""); d != (Delay{}) {
		t.Errorf("a LAN delays packets by %v", d)
	}
	one := mustLoad(t, "experiment: a\ntestbed: {delay: {mean: 20ms}}").Testbed
	if d := one.Between(one.Region(0), one.Region(1)); d != one.Delay || d.Mean.Std() != 20*time.Millisecond {
		t.Errorf("packets are delayed by %v, not by %v", d, one.Delay)
	}
}

// The most regions are accepted, and one more is not.
func TestNumberOfRegions(t *testing.T) {
	for n, want := range map[int]bool{1: false, 2: true, maxRegions: true, maxRegions + 1: false} {
		var names, delays []string
		for i := range n {
			for _, other := range names {
				delays = append(delays, pair(other, fmt.Sprintf("r%d", i))+": {mean: 1ms}")
			}
			names = append(names, fmt.Sprintf("r%d", i))
		}
		_, err := load(t, fmt.Sprintf("experiment: a\ntestbed: {topology: spread, regions: {names: [%s], delays: {%s}}}",
			strings.Join(names, ", "), strings.Join(delays, ", ")))
		if (err == nil) != want {
			t.Errorf("%d regions: %v", n, err)
		}
	}
}
