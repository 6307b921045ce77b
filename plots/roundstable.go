package plots

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// roundsTables are the paper's Table 3 beside what was counted, and the counts; none without points that were made for
// it. Worst cases are those of the sets' trials.
func roundsTables(sets []*result.Set, cells []Cell) (Tables, error) {
	free := countedCells(cells)
	if len(free) == 0 {
		return nil, nil
	}
	trials, err := trialsOf(sets)
	if err != nil {
		return nil, err
	}
	tables := Tables{comparison(free, nil), faultFreeTable(free)}
	if cases := worstCases(trials); len(cases) > 0 {
		tables = Tables{comparison(free, cases), faultFreeTable(free), worstCaseTable(cases)}
	}
	return tables, nil
}

// comparison is the paper's rows, each with what was counted, and a row for each system that is not among them.
func comparison(free []counted, cases []worstCase) Table {
	t := Table{
		Title: "Table 3: latency in rounds, the paper's and as counted",
		Header: []string{
			"protocol", "data authentication", "data dispersal", "readers/writers", "messages", "Byzantine clients",
			"paper: READ / WRITE", "without faults", "worst case", "verdict",
		},
		Notes: []string{"D: a round with data, d: one with metadata alone. The columns up to the paper's READ / WRITE, the worst case, are " +
			"as printed in the paper's Table 3 (§7); a dash: not in it. Equal: without faults, rounds, messages and bytes are those " +
			"of the cost model in every operation; in the worst case, rounds are the paper's.", sources()},
	}
	for _, p := range table3 {
		row := []string{
			p.name, p.authentication, p.dispersal, p.clients, p.messages, p.byzantine, p.read + " / " + p.write,
		}
		t.Rows = append(t.Rows, append(row, measuredOf(system{protocol: p.protocol, variant: paperVariant}, free, cases)...))
	}
	var others []system
	for _, c := range free {
		if publishedAs(c.Protocol, c.Variant) == nil {
			others = appendNew(others, c.named())
		}
	}
	slices.SortFunc(others, compareSystems)
	for _, s := range others {
		row := append([]string{s.name()}, slices.Repeat([]string{missing}, 6)...)
		t.Rows = append(t.Rows, append(row, measuredOf(s, free, cases)...))
	}
	return t
}

// named is the cell's system, whatever its suite and durability, on which no count depends.
func (c counted) named() system { return system{protocol: c.Protocol, variant: c.Variant} }

// measuredOf is what was counted of a system, READ / WRITE, and the verdict on it all.
func measuredOf(s system, free []counted, cases []worstCase) []string {
	if s.protocol == "" {
		return []string{"not run", "not run", "the paper's alone"}
	}
	var without, worst, verdicts []string
	for _, op := range []string{"read", "write"} {
		kinds := map[result.Rounds]int64{}
		for _, c := range free {
			if c.named() == s && c.Op == op {
				addRounds(kinds, c.rounds())
				verdicts = append(verdicts, c.verdict())
			}
		}
		without = append(without, roundsName(kinds))
		longest := missing
		for _, w := range cases {
			if w.system == s && w.op == op {
				longest = w.rounds.String()
				verdicts = append(verdicts, w.verdict())
			}
		}
		worst = append(worst, longest)
	}
	verdict := gravest(verdicts)
	if verdict == equal && slices.Contains(worst, missing) && publishedAs(s.protocol, s.variant) != nil {
		verdict = "equal without faults"
	}
	return []string{strings.Join(without, " / "), strings.Join(worst, " / "), verdict}
}

// gravest sums verdicts up: nothing passes for equal if something else does not.
func gravest(verdicts []string) string {
	for _, v := range verdicts {
		if strings.HasPrefix(v, differs) {
			return v
		}
	}
	for _, grave := range []string{notMeasured, notReached} {
		if slices.Contains(verdicts, grave) {
			return grave
		}
	}
	if len(verdicts) == 0 {
		return notMeasured
	}
	return equal
}

// sources says where the protocols of the paper's table that have no name there come from.
func sources() string {
	var all []string
	for _, p := range table3 {
		if p.protocol == "" {
			all = append(all, fmt.Sprintf("%s: %s", p.name, p.source))
		}
	}
	return "Not run here, rows as printed: " + strings.Join(all, "; ") + "."
}
