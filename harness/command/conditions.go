package command

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// fairSchedules is how many schedules of each attack must have been played for a condition that none reached to be a hole in
// the simulation and not bad luck: `make simulate` plays as many.
const fairSchedules = 1000

// fair reports whether all attacks are played, and often enough.
func (o *simulateOptions) fair() bool { return o.attacks == nil && o.schedules >= fairSchedules }

// conditions prints which turns that few executions take were reached under which attacks, and returns how many were under
// none, though the protocol does not say why.
func (o *simulateOptions) conditions(out io.Writer, rows []result.Simulated) (missed int, err error) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	heading := "\nConditions\toperations\tunder"
	for _, name := range o.protocols {
		p, err := keepingOrLiteral(name)
		if err != nil {
			return 0, err
		}
		all := protocols.ConditionsOf(p)
		for _, c := range slices.Sorted(maps.Keys(all)) {
			fmt.Fprint(w, heading)
			heading = ""
			n, under := reached(rows, name, string(c))
			switch {
			case n > 0 || all[c] != "":
			case o.fair():
				missed++
				under = "NO ATTACK"
			default:
				under = "none of these"
			}
			fmt.Fprintf(w, "\n%s: %s\t%d\t%s", name, c, n, cmp.Or(under, all[c]))
		}
	}
	if heading == "" {
		fmt.Fprintln(w)
	}
	return missed, w.Flush()
}

// mostNamed is how many attacks are named at most.
const mostNamed = 6

// reached is how many operations of the protocol came to the condition, and under which attacks most did.
func reached(rows []result.Simulated, protocol, condition string) (sum int64, under string) {
	var own []result.Simulated
	for _, r := range rows {
		if n := r.Conditions[condition]; r.Protocol == protocol && n > 0 {
			sum += n
			own = append(own, r)
		}
	}
	slices.SortStableFunc(own, func(a, b result.Simulated) int { return cmp.Compare(b.Conditions[condition], a.Conditions[condition]) })
	var names []string
	for _, r := range own[:min(len(own), mostNamed)] {
		names = append(names, r.Attack)
	}
	if more := len(own) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return sum, strings.Join(names, ", ")
}
