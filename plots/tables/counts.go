package tables

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// countTables are the paper's Table 3 beside what was counted, the counts, and worst cases; none without such points.
func countTables(sets []*result.Set, cells []frame.Cell) (Tables, error) {
	free := frame.CountedCells(cells)
	if len(free) == 0 {
		return nil, nil
	}
	trials, err := frame.Trials(sets)
	if err != nil {
		return nil, err
	}
	cases := frame.WorstCases(trials)
	tables := Tables{
		comparison(free, cases), tabulate("Table 3: rounds, messages and bytes without faults", countColumns, free, countsNote),
	}
	if len(cases) > 0 {
		tables = append(tables, tabulate("Table 3: worst case under attack", worstColumns, cases, worstNote))
	}
	return tables, nil
}

// A standing is a row of the paper's Table 3 beside the counts of its protocol.
type standing struct {
	frame.Published
	without, worst, verdict string
}

const standingNote = "D: a round with data, d: one with metadata alone. The columns up to the paper's READ / WRITE, the worst " +
	"case, are as printed in the paper's Table 3 (§7); a dash: not in it. Equal: without faults, rounds, messages and bytes are " +
	"those of the cost model in every operation; in the worst case, rounds are the paper's. Counted otherwise: the paper counts what " +
	"servers send each other as rounds, here clients count theirs."

var standingColumns = []column[standing]{
	{head: "protocol", of: func(s standing) string { return s.Name }},
	{head: "data authentication", of: func(s standing) string { return stat.OrDash(s.Authentication) }},
	{head: "data dispersal", of: func(s standing) string { return stat.OrDash(s.Dispersal) }},
	{head: "readers/writers", of: func(s standing) string { return stat.OrDash(s.Clients) }},
	{head: "messages", of: func(s standing) string { return stat.OrDash(s.Messages) }},
	{head: "Byzantine clients", of: func(s standing) string { return stat.OrDash(s.Byzantine) }},
	{head: "paper: READ / WRITE", of: func(s standing) string {
		if s.Read == "" {
			return stat.Missing
		}
		return s.Read + " / " + s.Write
	}},
	{head: "without faults", of: func(s standing) string { return s.without }},
	{head: "worst case", of: func(s standing) string { return s.worst }},
	{head: "verdict", of: func(s standing) string { return s.verdict }},
}

// comparison is the paper's rows, each with what was counted, and a row for each system that is not among them.
func comparison(free []frame.Counted, cases []frame.WorstCase) Table {
	var rows []standing
	var sources []string
	for _, p := range frame.Table3 {
		sources = append(sources, p.Name+": "+p.Source)
		is := func(s frame.System) bool { return frame.PublishedAs(s) != nil && s.Protocol == p.Protocol }
		rows = append(rows, measuredOf(p, is, free, cases))
	}
	others := frame.Each(free, func(c frame.Counted) frame.System { return c.System.Plain() })
	slices.SortFunc(others, frame.System.Compare)
	for _, o := range others {
		if frame.PublishedAs(o) == nil {
			is := func(s frame.System) bool { return s.Plain() == o }
			rows = append(rows, measuredOf(frame.Published{Name: o.Name()}, is, free, cases))
		}
	}
	return tabulate("Table 3: latency in rounds, the paper's and as counted", standingColumns, rows, standingNote,
		"Published: "+strings.Join(sources, "; ")+".")
}

// measuredOf adds a system's counts, READ / WRITE, in any suite and durability, and the verdict.
func measuredOf(p frame.Published, is func(frame.System) bool, free []frame.Counted, cases []frame.WorstCase) standing {
	var without, worst, verdicts []string
	for _, op := range []string{result.OpRead, result.OpWrite} {
		kinds := map[result.Rounds]int64{}
		for _, c := range free {
			if is(c.System) && c.Op == op {
				for rounds, ops := range c.Rounds {
					kinds[rounds] += ops
				}
				verdicts = append(verdicts, c.Verdict)
			}
		}
		without = append(without, frame.RoundsName(kinds))
		longest := stat.Missing
		for _, w := range cases {
			if is(w.System) && w.Op == op {
				longest = w.Rounds.String()
				verdicts = append(verdicts, w.Verdict())
			}
		}
		worst = append(worst, longest)
	}
	verdict := gravest(verdicts)
	if verdict == frame.Equal && slices.Contains(worst, stat.Missing) && p.Protocol != "" {
		verdict = "equal without faults"
	}
	return standing{p, strings.Join(without, " / "), strings.Join(worst, " / "), verdict}
}

// gravest sums verdicts up: nothing passes for equal if something else does not.
func gravest(verdicts []string) string {
	for _, v := range verdicts {
		if strings.HasPrefix(v, frame.Differs) {
			return v
		}
	}
	for _, grave := range []string{frame.NotMeasured, frame.Otherwise, frame.NotReached} {
		if slices.Contains(verdicts, grave) {
			return grave
		}
	}
	if len(verdicts) == 0 {
		return frame.NotMeasured
	}
	return frame.Equal
}

var countsNote = fmt.Sprintf("Per operation, in brackets what the model says: every round asks all servers and all answer; "+
	"bytes, framing included, in multiples of the value's size. Deviation: of the bytes, c→s / s→c, in percent of the model's or "+
	"of one value, if that is more. Signed and verified: signatures per operation, counted where they are made and verified, by all servers together; "+
	"a preload before may have verified what a READ need not verify again. Equal: the same rounds in every operation, the same messages, and bytes within %.0f %%.",
	100*frame.BytesTolerance)

var countColumns = slices.Concat([]column[frame.Counted]{
	{head: "protocol", of: func(c frame.Counted) string { return c.System.Name() }},
}, on(func(c frame.Counted) result.Series { return c.Series }, seriesColumns), []column[frame.Counted]{
	{head: "runs", of: func(c frame.Counted) string { return fmt.Sprintf("%d/%d", len(c.Points), len(c.All())) }},
	ifCounted("operations", func(c frame.Counted) string { return strconv.FormatInt(c.Ops, 10) }),
	ifCounted("model", func(c frame.Counted) string { return c.Points[0].ModelRounds.String() }),
	ifCounted("measured", func(c frame.Counted) string { return frame.RoundsName(c.Rounds) }),
	ifCounted("messages c→s", func(c frame.Counted) string {
		return beside("%.6g (%.6g)", c.Messages.ClientToServer, frame.Sent(c.Points[0]))
	}),
	ifCounted("messages s→c", func(c frame.Counted) string {
		return beside("%.6g (%.6g)", c.Messages.ServerToClient, frame.Sent(c.Points[0]))
	}),
	ifCounted("bytes c→s", func(c frame.Counted) string {
		return beside("%.3f (%.3f)", c.Bytes.ClientToServer, c.Points[0].Model().ClientToServer)
	}),
	ifCounted("bytes s→c", func(c frame.Counted) string {
		return beside("%.3f (%.3f)", c.Bytes.ServerToClient, c.Points[0].Model().ServerToClient)
	}),
	ifCounted("deviation", func(c frame.Counted) string {
		return beside("%+.2f / %+.2f %%", 100*c.Up, 100*c.Down)
	}),
	ifCounted("signed, clients + servers", func(c frame.Counted) string { return bySide(c.Made) }),
	ifCounted("verified, clients + servers", func(c frame.Counted) string { return bySide(c.Verified) }),
	{head: "verdict", of: func(c frame.Counted) string { return c.Verdict }},
})

// bySide is a number of all clients and of all servers.
func bySide(b frame.BySide) string {
	if !b.Known {
		return stat.Missing
	}
	return beside("%.3g + %.3g", b.Clients, b.Servers)
}

// ifCounted is a column that says nothing of a measurement without counts.
func ifCounted(head string, of func(frame.Counted) string) column[frame.Counted] {
	return column[frame.Counted]{head: head, of: func(c frame.Counted) string {
		if len(c.Points) == 0 {
			return stat.Missing
		}
		return of(c)
	}}
}

func beside(format string, a, b float64) string { return fmt.Sprintf(format, a, b) }

const worstNote = "The most that any operation took that ended, in trials of real processes without an attack and under those " +
	"attacks and faults that the protocol is to withstand. Messages and bytes: each the most of any operation until it " +
	"ended, what liars send included; bytes in multiples of the value's size, beside which metadata weighs much if it is " +
	"small. Not reached: no attack brought about as many rounds as the paper allows."

var worstColumns = slices.Concat([]column[frame.WorstCase]{
	{head: "protocol", of: func(w frame.WorstCase) string { return w.System.Name() }},
}, on(func(w frame.WorstCase) result.Series { return w.Series }, seriesColumns), []column[frame.WorstCase]{
	{head: "trials", of: func(w frame.WorstCase) string { return strconv.Itoa(w.Trials) }},
	{head: "operations", of: func(w frame.WorstCase) string { return strconv.FormatInt(w.Ops, 10) }},
	{head: "paper", of: func(w frame.WorstCase) string {
		if p := frame.PublishedAs(w.System); p != nil {
			return p.Of(w.Op)
		}
		return stat.Missing
	}},
	{head: "measured", of: func(w frame.WorstCase) string { return w.Rounds.String() }},
	{head: "first under", of: func(w frame.WorstCase) string { return w.Attack }},
	{head: "messages c→s", of: func(w frame.WorstCase) string { return strconv.FormatInt(w.Most.Messages.ClientToServer, 10) }},
	{head: "messages s→c", of: func(w frame.WorstCase) string { return strconv.FormatInt(w.Most.Messages.ServerToClient, 10) }},
	{head: "bytes c→s", of: func(w frame.WorstCase) string { return times(w.Most.Bytes.ClientToServer, w.ValueBytes) }},
	{head: "bytes s→c", of: func(w frame.WorstCase) string { return times(w.Most.Bytes.ServerToClient, w.ValueBytes) }},
	{head: "verdict", of: frame.WorstCase.Verdict},
})

// times formats bytes in multiples of the value's size.
func times(bytes int64, value int) string { return fmt.Sprintf("%.2f", float64(bytes)/float64(value)) }
