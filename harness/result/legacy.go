package result

import (
	"strings"
)

// This file reads what older results say in words only. It is the one place that looks into sentences.

// reasonSeparator stands between the reasons of InvalidReason.
const reasonSeparator = "; "

// sentences are parts of the reasons in words, each with its code. A part that none of them occurs in is left to the
// others of its sentence, since errors of operations may hold a separator.
var sentences = []struct {
	part string
	code Reason
}{
	{" operations failed, the first: ", FailedOperations},
	{"no operation ended in the window", NoOperations},
	{"history: ", NotLinearizable},
	{"Little's law is off", LittlesLaw},
	{"the transport counted ", TransportTraffic},
	{"the interface counted ", InterfaceTraffic},
	{"beyond saturation", BeyondSaturation},
	{"the load generators' CPU is the bottleneck", BusyGenerator},
	{"the schedule slips", ScheduleSlips},
	{"delay from ", DelayOff},
	{"other work took the CPU away", OtherWork},
	{"the hypervisor took ", Hypervisor},
}

// addCodes derives the codes of lines that have none.
func (s *Set) addCodes() {
	for i := range s.Points {
		s.Points[i].addCodes()
	}
	for i := range s.Costs {
		s.Costs[i].addCodes()
	}
	for i := range s.Trials {
		t := &s.Trials[i]
		t.Expectation = expectationOf(t.Expectation, t.Expected)
	}
}

// addCodes derives the codes of an invalid measurement that has none.
func (v *Validity) addCodes() {
	if v.Valid || len(v.Invalid) > 0 {
		return
	}
	for _, s := range sentences {
		if strings.Contains(v.InvalidReason, s.part) {
			v.Invalid = append(v.Invalid, s.code)
		}
	}
	if len(v.Invalid) == 0 {
		v.Invalid = []Reason{OtherReason}
	}
}

// expectationOf is the code of an expectation in words, and that given if there is one.
func expectationOf(given Expectation, expected string) Expectation {
	switch {
	case given != "":
		return given
	case expected == "nothing to attack":
		return NoTarget
	case strings.HasSuffix(expected, "beyond the model"):
		return Beyond
	case strings.HasPrefix(expected, "no harm"):
		return Withstand
	case expected == "":
		return ""
	}
	return Succumb
}
