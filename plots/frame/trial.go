package frame

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// NothingToAttack says that the protocol has nothing that the attack could be directed at.
const NothingToAttack = "nothing to attack"

// HarmsDone names the harms done, with how many operations or findings there are of each.
func (t Trial) HarmsDone() []string {
	var all []string
	for _, h := range slices.Sorted(maps.Keys(t.Harms)) {
		if n := t.Harms[h]; n > 0 {
			all = append(all, fmt.Sprintf("%s (%d)", h, n))
		}
	}
	return all
}

// Verdict says what came of a trial that was played; no doubt passes for a success.
func (t Trial) Verdict() string {
	harms := cmp.Or(strings.Join(t.HarmsDone(), ", "), "no harm")
	switch t.Outcome() {
	case result.Unexpected:
		return "NOT AS EXPECTED: " + harms
	case result.Caught:
		return "✗ " + cmp.Or(strings.Join(t.HarmsDone(), ", "), "not linearizable")
	default:
		if t.Unverified() {
			return "? not verified"
		}
		return "✓"
	}
}

// Unverified reports whether the checkers of the trial's history could not decide.
func (t Trial) Unverified() bool { return t.Played() && t.Linearizable.Code == result.Unknown }

// Rounds is how many rounds the READs took, as in "2 rounds" and "2 to 3 rounds"; empty without READs.
func (t Trial) Rounds() string {
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
func (t Trial) String() string { return look.Name(t.Protocol) + " " + t.Attack }

// A trial is one protocol under one attack, and the run that it was part of.
type Trial struct {
	result.Trial
	Set *result.Set
}

// Baseline is the fault-free trial of the protocol in the same run, or nil if there is none that was played.
func (t Trial) Baseline(trials []Trial) *Trial {
	i := slices.IndexFunc(trials, func(o Trial) bool {
		return o.Attack == result.FaultFree && o.Protocol == t.Protocol && o.Set == t.Set && o.Played()
	})
	if i < 0 {
		return nil
	}
	return &trials[i]
}

// TrialsOf gathers the trials of the sets, protocol by protocol. It refuses what no figure or table could show
// truthfully: impossible parameters, and two trials of one protocol under one attack.
func TrialsOf(sets []*result.Set) ([]Trial, error) {
	var all []Trial
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
					place, look.Name(t.Protocol), t.Attack, first)
			}
			places[key] = place
			all = append(all, Trial{t, s})
		}
		all = append(all, untried(s)...)
	}
	slices.SortStableFunc(all, func(a, b Trial) int { return look.Compare(a.Protocol, b.Protocol) })
	return all, nil
}

// untried is what a run that was finished left out: an attack that other protocols of the run were under, and that has
// no target in this one.
func untried(s *result.Set) []Trial {
	if s.Manifest.Finished == "" {
		return nil
	}
	var left []Trial
	known := map[[2]string]bool{}
	for _, t := range s.Trials {
		known[[2]string{t.Protocol, t.Attack}] = true
	}
	for _, p := range s.Trials {
		for _, a := range s.Trials {
			if key := [2]string{p.Protocol, a.Attack}; !known[key] {
				known[key] = true
				left = append(left, Trial{result.Trial{
					Protocol: p.Protocol, Attack: a.Attack, Name: a.Name, T: p.T, Servers: p.Servers, ValueBytes: p.ValueBytes,
					Clients: p.Clients, Keys: p.Keys, Expected: NothingToAttack,
					Expectation: result.NoTarget, Held: true,
				}, s})
			}
		}
	}
	return left
}

func trialsFile(s *result.Set) string { return filepath.Join(s.Dir, result.TrialsFile) }

func Attacks(trials []Trial) []Trial {
	return Keep(trials, func(t Trial) bool { return t.Attack != result.Timeline })
}

func Timelines(trials []Trial) []Trial {
	return Keep(trials, func(t Trial) bool { return t.Attack == result.Timeline })
}

// Each is the distinct answers of the trials, in their order.
func Each[T comparable](trials []Trial, of func(Trial) T) []T {
	var all []T
	for _, t := range trials {
		all = AppendNew(all, of(t))
	}
	return all
}

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

func PlayedBy(t Trial) string { return t.Protocol }

func SetOf(t Trial) *result.Set { return t.Set }

// Alike refuses trials of one figure or table that differ in what it does not tell apart.
func Alike(trials []Trial) error {
	for _, of := range []func(t Trial) string{
		func(t Trial) string { return "t = " + strconv.Itoa(t.T) },
		func(t Trial) string { return stat.SizeName(t.ValueBytes) + " values" },
		func(t Trial) string { return stat.Count(t.Clients, "client") },
		func(t Trial) string { return stat.Count(t.Keys, "key") },
		func(t Trial) string { return TestbedName(t.Set.Manifest.Testbed) },
	} {
		for _, t := range trials {
			if a, b := of(trials[0]), of(t); a != b {
				return fmt.Errorf("%s in %s but %s in %s: they do not belong together, plot each into a folder of its own",
					a, trialsFile(trials[0].Set), b, trialsFile(t.Set))
			}
		}
	}
	return nil
}

// AttackName is the attack's ID and name.
func AttackName(id string, trials []Trial) string {
	t := trials[slices.IndexFunc(trials, func(t Trial) bool { return t.Attack == id })]
	if id == result.FaultFree {
		return "fault-free"
	}
	if t.Name == "" || t.Name == id {
		return id
	}
	return id + " " + t.Name
}
