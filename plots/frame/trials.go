package frame

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// A Trial is one protocol under one attack, and the run that it was part of.
type Trial struct {
	result.Trial
	System System
	Set    *result.Set
}

// Trials gathers the trials of the sets, protocol by protocol. It refuses what no figure or table could show
// truthfully: impossible parameters, and two trials of one protocol under one attack. It adds trials without a target
// where a run left them out.
func Trials(sets []*result.Set) ([]Trial, error) {
	var all []Trial
	known := systemsOf(sets)
	add := func(t result.Trial, s *result.Set) {
		all = append(all, Trial{t, known.of(result.SplitName(t.Protocol)), s})
	}
	places := map[[2]string]string{}
	for _, s := range sets {
		for i, t := range s.Trials {
			place := fmt.Sprintf("%s:%d", filepath.Join(s.Dir, result.TrialsFile), i+1)
			if err := checkTrial(t); err != nil {
				return nil, fmt.Errorf("%s: %w", place, err)
			}
			add(t, s)
			key := [2]string{t.Protocol, t.Attack}
			if first, again := places[key]; again {
				return nil, fmt.Errorf("%s: a second trial of %s under attack %s, as in %s: give only one of the two",
					place, all[len(all)-1].System.Name(), t.Attack, first)
			}
			places[key] = place
		}
		for _, t := range untried(s) {
			add(t, s)
		}
	}
	slices.SortStableFunc(all, func(a, b Trial) int { return a.System.Compare(b.System) })
	return all, nil
}

// untried adds the trials that a finished run left out: of attacks without a target in a protocol.
func untried(s *result.Set) []result.Trial {
	if s.Manifest.Finished == "" {
		return nil
	}
	var left []result.Trial
	known := map[[2]string]bool{}
	for _, t := range s.Trials {
		known[[2]string{t.Protocol, t.Attack}] = true
	}
	for _, p := range s.Trials {
		for _, a := range s.Trials {
			if key := [2]string{p.Protocol, a.Attack}; !known[key] {
				known[key] = true
				left = append(left, result.Trial{
					Protocol: p.Protocol, Attack: a.Attack, Name: a.Name, T: p.T, Servers: p.Servers, ValueBytes: p.ValueBytes,
					Clients: p.Clients, Keys: p.Keys, Expectation: result.NoTarget, Held: true,
				})
			}
		}
	}
	return left
}

// checkTrial refuses impossible values.
func checkTrial(t result.Trial) error {
	if t.Protocol == "" || t.Attack == "" {
		return errors.New("a trial needs a protocol and an attack")
	}
	if t.T < 1 || t.ValueBytes < 1 || t.Clients < 1 || t.Keys < 1 {
		return fmt.Errorf("t = %d, value_bytes = %d, clients = %d and keys = %d must be at least 1",
			t.T, t.ValueBytes, t.Clients, t.Keys)
	}
	for _, x := range []float64{t.ThroughputOps, t.DurationS, t.ReadMs.P50, t.ReadMs.P99, t.WriteMs.P50, t.WriteMs.P99} {
		if x < 0 {
			return fmt.Errorf("throughput, duration and latencies must be at least 0, not %v", x)
		}
	}
	ordered := func(a, b result.Bucket) int { return cmp.Compare(a.AtMs, b.AtMs) }
	if !slices.IsSortedFunc(t.Timeline, ordered) {
		return errors.New("the buckets of the timeline are not in the order of time")
	}
	return nil
}

// Attacks are the trials under attacks of the catalogue, or none.
func Attacks(trials []Trial) []Trial {
	return Keep(trials, func(t Trial) bool { return !IsTimeline(t) })
}

// IsTimeline reports whether the trial is the story of a server that crashes, lies and comes back.
func IsTimeline(t Trial) bool { return t.Attack == result.Timeline }

// AttackIDs are the trials' attacks: none; by servers (B), by readers (R), of writers that die (W), of the network (N) and
// of real machines (F), by their numbers; then all else.
func AttackIDs(trials []Trial) []string {
	const classes = "BRWNF"
	class := func(id string) int {
		i := strings.IndexByte(classes, id[0])
		if i < 0 && id != result.FaultFree {
			return len(classes)
		}
		return i
	}
	ids := Each(trials, func(t Trial) string { return t.Attack })
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(class(a), class(b)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return ids
}

// AttackName is the attack's ID and name.
func (t Trial) AttackName() string {
	switch {
	case t.Attack == result.FaultFree:
		return "fault-free"
	case t.Name == "" || t.Name == t.Attack:
		return t.Attack
	}
	return t.Attack + " " + t.Name
}

// HarmsDone names the harms done, each with its number of operations or findings; it is empty without harm.
func (t Trial) HarmsDone() string {
	var all []string
	for _, h := range slices.Sorted(maps.Keys(t.Harms)) {
		if n := t.Harms[h]; n > 0 {
			all = append(all, fmt.Sprintf("%s (%d)", h, n))
		}
	}
	return strings.Join(all, ", ")
}

// Verdict is the outcome of a trial that was played; a doubt never passes for a success.
func (t Trial) Verdict() string {
	switch {
	case t.Outcome() == result.Unexpected:
		return "NOT AS EXPECTED: " + cmp.Or(t.HarmsDone(), "no harm")
	case t.Outcome() == result.Caught:
		return "✗ " + cmp.Or(t.HarmsDone(), "not linearizable")
	case t.Unverified():
		return "? not verified"
	}
	return "✓"
}

// Unverified reports whether the checkers of the trial's history could not decide.
func (t Trial) Unverified() bool { return t.Played() && t.Linearizable.Code == result.Unknown }

// RoundsName says how many rounds the READs took, as in "2 rounds" and "2 to 3 rounds"; empty without READs.
func (t Trial) RoundsName() string {
	var used []int
	for text, n := range t.ReadRounds {
		if r, err := strconv.Atoi(text); err == nil && n > 0 {
			used = append(used, r)
		}
	}
	if len(used) == 0 {
		return ""
	}
	least, most := slices.Min(used), slices.Max(used)
	if least == most {
		return stat.Count(most, "round")
	}
	return fmt.Sprintf("%d to %d rounds", least, most)
}

// String names the trial in captions and notes.
func (t Trial) String() string { return t.System.Name() + " " + t.Attack }
