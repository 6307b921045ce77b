package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/powbench/powbench/plots/claims"
)

// A claim is a verdict, with links to what it rests on.
type claim struct {
	claims.Verdict
	ID     string
	Points []reference
}

// A reference is a link to an element of the document, or only a name if there is none.
type reference struct {
	Name, ID string
}

// Findings are the parts of what was measured, to be read one below the other.
func (c claim) Findings() []string {
	if c.Measured == "" {
		return nil
	}
	return strings.Split(c.Measured, "; ")
}

// Class is the outcome as a name in the style sheet.
func (c claim) Class() string { return class(c.Outcome) }

func class(o claims.Outcome) string { return strings.ReplaceAll(o.String(), " ", "-") }

// newClaims links the verdicts to the rows with the points' IDs.
func newClaims(verdicts []claims.Verdict, rows map[string]string, ids anchors) []claim {
	var all []claim
	for _, v := range verdicts {
		c := claim{Verdict: v, ID: ids.unique("claim-" + v.ID)}
		for _, name := range v.Points {
			c.Points = append(c.Points, reference{name, rows[name]})
		}
		all = append(all, c)
	}
	return all
}

// An outcomeCount is how many claims had one outcome.
type outcomeCount struct {
	Outcome claims.Outcome
	N       int
}

// Class is the outcome as a name in the style sheet.
func (c outcomeCount) Class() string { return class(c.Outcome) }

func countOutcomes(verdicts []claims.Verdict) []outcomeCount {
	numbers := map[claims.Outcome]int{}
	for _, v := range verdicts {
		numbers[v.Outcome]++
	}
	var counts []outcomeCount
	for _, o := range slices.Sorted(maps.Keys(numbers)) {
		counts = append(counts, outcomeCount{o, numbers[o]})
	}
	return counts
}
