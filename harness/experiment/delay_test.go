package experiment

import (
	"math"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
)

func TestDelayString(t *testing.T) {
	ms := func(n float64) result.Duration { return result.Duration(n * float64(time.Millisecond)) }
	for want, d := range map[string]Delay{
		"20ms": {Mean: ms(20), Distribution: "pareto", Limit: 7},
		"0.5ms ± 0.1ms uniform, loss 1%, reorder 0.5%, in order at 1Gbit": {
			Mean: ms(0.5), Jitter: ms(0.1), Distribution: "uniform", Loss: result.Percent, Reorder: result.Percent / 2, Rate: result.Gbit,
		},
	} {
		if d.String() != want {
			t.Errorf("%+v is %q, want %q", d, d.String(), want)
		}
	}
}

// Whether there is NetEm decides what a file leaves out about offload, on its own or in its quick section only.
func TestOffloadFollowsNetEm(t *testing.T) {
	const delay = "{delay: {mean: 1ms}}"
	for text, want := range map[string][2]string{
		"quick: {t: [1]}":                                         {On, On},
		"quick: {testbed: " + delay + "}":                         {On, Off},
		"quick: {t: [1]}\ntestbed: " + delay:                      {Off, Off},
		"quick: {testbed: {offload: on}}\ntestbed: " + delay:      {Off, On},
		"quick: {testbed: " + delay + "}\ntestbed: {offload: on}": {On, On},
		"quick: {t: [1]}\ntestbed: {offload: off}":                {Off, Off},
		"quick: {t: [1]}\ntestbed: {" + spreadRegions + "}":       {Off, Off},
	} {
		e := mustLoad(t, "experiment: a\n"+text)
		q, err := e.Quick()
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{e.Testbed.Offload, q.Testbed.Offload}; got != want {
			t.Errorf("%s: offload %v, want %v", text, got, want)
		}
	}
}

func TestKSLimitScalesWithTheTolerance(t *testing.T) {
	for tolerance, want := range map[string]float64{"3%": 0.05, "6%": 0.1, "0.3%": 0.005, "60%": 1, "100%": 1} {
		e := mustLoad(t, "experiment: a\ntestbed: {delay_tolerance: "+tolerance+"}")
		if got := e.Testbed.KSLimit(); math.Abs(got-want) > 1e-9 {
			t.Errorf("delay_tolerance %s: limit %v, want %v", tolerance, got, want)
		}
	}
}

func TestMeanDelay(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"{}":                      0,
		"{delay: {mean: 20ms}}":   20 * time.Millisecond,
		"{" + spreadRegions + "}": 2 * time.Millisecond,
	} {
		e := mustLoad(t, "experiment: a\ntestbed: "+text)
		if got := e.Testbed.meanDelay(); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if got := e.Testbed.NetEm(); got != (want > 0) {
			t.Errorf("%s: NetEm() = %v", text, got)
		}
	}
}
