package report

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// A coverage compares what a run measured with what its experiment asks for.
type coverage struct {
	Planned int      // points, or trials; 0 if the experiment is not recorded
	Missing []string // those without any measurement, valid or not
	Unit    string   // "points" or "trials"
}

// String says how much is missing, such as "14 of 90 points missing".
func (c coverage) String() string {
	return fmt.Sprintf("%d of %d %s missing", len(c.Missing), c.Planned, c.Unit)
}

// coverageOf compares the set with the experiment in its manifest. Where that cannot be read, nothing is missing.
func coverageOf(s *result.Set) coverage {
	var p result.Plan
	if json.Unmarshal(s.Manifest.Config, &p) != nil {
		return coverage{}
	}
	if p.Attacks != nil {
		return trialsCovered(s, p)
	}
	c := coverage{Unit: "points"}
	there := map[string]bool{}
	for _, x := range s.Points {
		there[repetitionOf(x.Series, x.Load, x.Repetition)] = true
		if searchedFor(s, p, x) {
			x.Clients = 0 // as in the plan
			there[repetitionOf(x.Series, x.Load, x.Repetition)] = true
		}
		if x.Objective != nil {
			x.Rate = 0
			there[repetitionOf(x.Series, x.Load, x.Repetition)] = true
		}
	}
	for _, cell := range p.Cells() {
		if !measurable(s.Manifest, cell) {
			continue
		}
		for r := range p.Repetitions {
			c.Planned++
			if name := repetitionOf(cell.Series, cell.Load, r+1); !there[name] {
				c.Missing = append(c.Missing, name)
			}
		}
	}
	return c
}

// measurable reports whether there is anything to measure of the cell: its protocol is to withstand the attack, and a search for a
// rate, if there was one, has found one.
func measurable(m result.Manifest, cell result.Cell) bool {
	if cell.Attack != "" && !slices.Contains(m.Withstands[cell.FullName()], cell.Attack) {
		return false
	}
	return !cell.RateSought() || !slices.ContainsFunc(m.Capacities, func(c result.Capacity) bool { return c.Of(cell) && c.Rate == 0 })
}

// searchedFor reports whether the point is one of those whose number of clients was searched for. It may be a number that is
// also measured for itself.
func searchedFor(s *result.Set, p result.Plan, x result.Point) bool {
	if x.Open() || !p.Clients.Searched() {
		return false
	}
	return !slices.Contains(p.Clients, x.Clients) || slices.ContainsFunc(s.Manifest.Searches, func(found result.Search) bool {
		return found.Series == x.Series && found.Chosen == x.Clients
	})
}

// repetitionOf names a repetition of a cell of the plan.
func repetitionOf(s result.Series, l result.Load, repetition int) string {
	load := fmt.Sprintf("%d clients", l.Clients)
	switch {
	case l.RateSought():
		load = fmt.Sprintf("the highest rate for %d clients", l.Clients)
	case l.Open():
		load = fmt.Sprintf("%s for %d clients", perSecond(l.Rate), l.Clients)
	case l.Clients == 0:
		load = "as many clients as saturate"
	}
	if s.Auth != "" {
		load += ", " + s.Auth
	}
	size := fmt.Sprintf("%d bytes", s.ValueBytes)
	if s.Sizes.Asked() {
		size = s.Size()
	}
	return fmt.Sprintf("%s, %s, %s, %s, t = %d, %s, %s%s, repetition %d",
		s.FullName(), s.Op, s.Suite, s.Durability, s.T, size, load, ifAny(", under attack ", s.Attack), repetition)
}

// trialsCovered is the coverage of an attack run. A finished run left out only attacks without a target.
func trialsCovered(s *result.Set, p result.Plan) coverage {
	c := coverage{Unit: "trials", Planned: len(p.Protocols) * len(p.Attacks)}
	if s.Manifest.Finished != "" {
		c.Planned = len(s.Trials)
		return c
	}
	there := map[string]bool{}
	for _, t := range s.Trials {
		there[t.Protocol+" "+t.Attack] = true
	}
	for _, protocol := range p.Protocols {
		for _, attack := range p.Attacks {
			if name := protocol + " " + attack; !there[name] {
				c.Missing = append(c.Missing, name)
			}
		}
	}
	return c
}
