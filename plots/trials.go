package plots

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// Values of a trial's attack that no catalogue has.
const (
	faultFree      = "none"
	timelineAttack = "timeline"
)

// A trial is one protocol under one attack, and the run that it was part of.
type trial struct {
	result.Trial
	set *result.Set
}

// trialsOf gathers the trials of the sets, protocol by protocol. It refuses what no figure or table could show
// truthfully: impossible parameters, and two trials of one protocol under one attack.
func trialsOf(sets []*result.Set) ([]trial, error) {
	var all []trial
	places := map[[2]string]string{}
	for _, s := range sets {
		for i, t := range s.Trials {
			place := fmt.Sprintf("%s:%d", trialsFile(s), i+1)
			if err := checkTrial(t); err != nil {
				return nil, fmt.Errorf("%s: %w", place, err)
			}
			key := [2]string{t.Protocol, t.Attack}
			if first, again := places[key]; again {
				return nil, fmt.Errorf("%s: a second trial of %s under attack %s, as in %s: give only one of the two",
					place, protocolName(t.Protocol), t.Attack, first)
			}
			places[key] = place
			all = append(all, trial{t, s})
		}
		all = append(all, untried(s)...)
	}
	slices.SortStableFunc(all, func(a, b trial) int { return compareProtocols(a.Protocol, b.Protocol) })
	return all, nil
}

// untried is what a run that was finished left out: an attack that other protocols of the run were under, and that has
// no target in this one.
func untried(s *result.Set) []trial {
	if s.Manifest.Finished == "" {
		return nil
	}
	var left []trial
	known := map[[2]string]bool{}
	for _, t := range s.Trials {
		known[[2]string{t.Protocol, t.Attack}] = true
	}
	for _, p := range s.Trials {
		for _, a := range s.Trials {
			if key := [2]string{p.Protocol, a.Attack}; !known[key] {
				known[key] = true
				left = append(left, trial{result.Trial{
					Protocol: p.Protocol, Attack: a.Attack, Name: a.Name, T: p.T, Servers: p.Servers, ValueBytes: p.ValueBytes,
					Clients: p.Clients, Keys: p.Keys, Expected: nothingToAttack, Held: true,
				}, s})
			}
		}
	}
	return left
}

func trialsFile(s *result.Set) string { return filepath.Join(s.Dir, result.TrialsFile) }

// baseline is the fault-free trial of the protocol in the same run, or nil if there is none that was played.
func (t trial) baseline(trials []trial) *trial {
	i := slices.IndexFunc(trials, func(o trial) bool {
		return o.Attack == faultFree && o.Protocol == t.Protocol && o.set == t.set && o.played()
	})
	if i < 0 {
		return nil
	}
	return &trials[i]
}

// trialFigures makes the pages that the trials of the sets belong to.
func trialFigures(sets []*result.Set) ([]*page, error) {
	trials, err := trialsOf(sets)
	if err != nil {
		return nil, err
	}
	var pages []*page
	for _, f := range []struct {
		name, heading string
		shown         []trial
		layOut        func([]trial) *page
	}{
		{"attacks", "Latency under each attack", attacks(trials), attacksPage},
		{"timeline", "Throughput and latency over time under attack", timelines(trials), timelinePage},
	} {
		if !slices.ContainsFunc(f.shown, trial.played) {
			continue
		}
		if err := alike(f.shown); err != nil {
			return nil, fmt.Errorf("figure %s: %w", f.name, err)
		}
		p := f.layOut(f.shown)
		p.figure, p.heading = f.name, f.heading
		pages = append(pages, p)
	}
	return pages, nil
}

func attacks(trials []trial) []trial {
	return keep(trials, func(t trial) bool { return t.Attack != timelineAttack })
}

func timelines(trials []trial) []trial {
	return keep(trials, func(t trial) bool { return t.Attack == timelineAttack })
}

// each is the distinct answers of the trials, in their order.
func each[T comparable](trials []trial, of func(trial) T) []T {
	var all []T
	for _, t := range trials {
		all = appendNew(all, of(t))
	}
	return all
}

// attackIDs are the trials' attacks: none; by servers (B), by readers (R), of writers that die (W), of the network (N) and
// of real machines (F), by their numbers; then all else.
func attackIDs(trials []trial) []string {
	const classes = "BRWNF"
	class := func(id string) int {
		i := strings.IndexByte(classes, id[0])
		if i < 0 && id != faultFree {
			return len(classes)
		}
		return i
	}
	ids := each(trials, func(t trial) string { return t.Attack })
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(class(a), class(b)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return ids
}

func playedBy(t trial) string   { return t.Protocol }
func setOf(t trial) *result.Set { return t.set }
