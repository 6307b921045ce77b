package plots

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// An outcome is what came of an attack.
type outcome int

const (
	notPlayed  outcome = iota
	noTarget           // the protocol has nothing that the attack could be directed at
	withstood          // no harm, as expected
	caught             // harm, as expected, and the checkers found it
	unexpected         // not what was expected
)

// nothingToAttack is what is expected of an attack without a target.
const nothingToAttack = "nothing to attack"

func (t trial) outcome() outcome {
	switch {
	case t.Expected == nothingToAttack:
		return noTarget
	case t.Skipped != "":
		return notPlayed
	case !t.Held:
		return unexpected
	case len(t.harms()) > 0 || t.Linearizable.Verdict == "violation":
		return caught
	default:
		return withstood
	}
}

func (t trial) played() bool { return t.outcome() >= withstood }

// harms names the harms done, with how many operations or findings there are of each.
func (t trial) harms() []string {
	var all []string
	for _, h := range slices.Sorted(maps.Keys(t.Harms)) {
		if n := t.Harms[h]; n > 0 {
			all = append(all, fmt.Sprintf("%s (%d)", h, n))
		}
	}
	return all
}

// verdict says what came of a trial that was played; no doubt passes for a success.
func (t trial) verdict() string {
	harms := cmp.Or(strings.Join(t.harms(), ", "), "no harm")
	switch t.outcome() {
	case unexpected:
		return "NOT AS EXPECTED: " + harms
	case caught:
		return "✗ " + cmp.Or(strings.Join(t.harms(), ", "), "not linearizable")
	default:
		if t.unverified() {
			return "? not verified"
		}
		return "✓"
	}
}

// unverified reports whether the checkers of the trial's history could not decide.
func (t trial) unverified() bool { return t.played() && t.Linearizable.Verdict == "unknown" }

// rounds is how many rounds the READs took, as in "2 rounds" and "2 to 3 rounds"; empty without READs.
func (t trial) rounds() string {
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
		return count(most, "round")
	}
	return fmt.Sprintf("%d to %d rounds", least, most)
}

// String names the trial in captions and notes.
func (t trial) String() string { return protocolName(t.Protocol) + " " + t.Attack }
