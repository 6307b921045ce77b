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

// RoundsTables are the paper's Table 3 beside what was counted, and the counts; none without points that were made for
// it. Worst cases are those of the sets' trials.
func RoundsTables(sets []*result.Set, cells []frame.Cell) (Tables, error) {
	free := frame.CountedCells(cells)
	if len(free) == 0 {
		return nil, nil
	}
	trials, err := frame.TrialsOf(sets)
	if err != nil {
		return nil, err
	}
	tables := Tables{comparison(free, nil), faultFreeTable(free)}
	if cases := frame.WorstCases(trials); len(cases) > 0 {
		tables = Tables{comparison(free, cases), faultFreeTable(free), worstCaseTable(cases)}
	}
	return tables, nil
}

// comparison is the paper's rows, each with what was counted, and a row for each system that is not among them.
func comparison(free []frame.Counted, cases []frame.WorstCase) Table {
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
	for _, p := range frame.Table3 {
		row := []string{
			p.Name, p.Authentication, p.Dispersal, p.Clients, p.Messages, p.Byzantine, p.Read + " / " + p.Write,
		}
		t.Rows = append(t.Rows, append(row, measuredOf(frame.System{Protocol: p.Protocol, Variant: result.Paper}, free, cases)...))
	}
	var others []frame.System
	for _, c := range free {
		if frame.PublishedAs(c.Protocol, c.Variant) == nil {
			others = frame.AppendNew(others, c.Named())
		}
	}
	slices.SortFunc(others, frame.CompareSystems)
	for _, s := range others {
		row := append([]string{s.Name()}, slices.Repeat([]string{stat.Missing}, 6)...)
		t.Rows = append(t.Rows, append(row, measuredOf(s, free, cases)...))
	}
	return t
}

// measuredOf is what was counted of a system, READ / WRITE, and the verdict on it all.
func measuredOf(s frame.System, free []frame.Counted, cases []frame.WorstCase) []string {
	if s.Protocol == "" {
		return []string{"not run", "not run", "the paper's alone"}
	}
	var without, worst, verdicts []string
	for _, op := range []string{"read", "write"} {
		kinds := map[result.Rounds]int64{}
		for _, c := range free {
			if c.Named() == s && c.Op == op {
				frame.AddRounds(kinds, c.Rounds())
				verdicts = append(verdicts, c.Verdict())
			}
		}
		without = append(without, frame.RoundsName(kinds))
		longest := stat.Missing
		for _, w := range cases {
			if w.System == s && w.Op == op {
				longest = w.Rounds.String()
				verdicts = append(verdicts, w.Verdict())
			}
		}
		worst = append(worst, longest)
	}
	verdict := gravest(verdicts)
	if verdict == frame.Equal && slices.Contains(worst, stat.Missing) && frame.PublishedAs(s.Protocol, s.Variant) != nil {
		verdict = "equal without faults"
	}
	return []string{strings.Join(without, " / "), strings.Join(worst, " / "), verdict}
}

// gravest sums verdicts up: nothing passes for equal if something else does not.
func gravest(verdicts []string) string {
	for _, v := range verdicts {
		if strings.HasPrefix(v, frame.Differs) {
			return v
		}
	}
	for _, grave := range []string{frame.NotMeasured, frame.NotReached} {
		if slices.Contains(verdicts, grave) {
			return grave
		}
	}
	if len(verdicts) == 0 {
		return frame.NotMeasured
	}
	return frame.Equal
}

// sources says where the protocols of the paper's table that have no name there come from.
func sources() string {
	var all []string
	for _, p := range frame.Table3 {
		if p.Protocol == "" {
			all = append(all, fmt.Sprintf("%s: %s", p.Name, p.Source))
		}
	}
	return "Not run here, rows as printed: " + strings.Join(all, "; ") + "."
}

// worstCaseTable is a row for each worst case.
func worstCaseTable(cases []frame.WorstCase) Table {
	t := Table{
		Title: "Table 3: worst case under attack",
		Header: []string{
			"protocol", "op", "t", "value", "trials", "operations", "paper", "measured", "first under", "messages c→s",
			"messages s→c", "bytes c→s", "bytes s→c", "verdict",
		},
		Notes: []string{"The most that any operation took that ended, in trials of real processes without an attack and under those " +
			"attacks and faults that the protocol is to withstand. Messages and bytes: each the most of any operation until it " +
			"ended, what liars send included; bytes in multiples of the value's size, beside which metadata weighs much if it is " +
			"small. Not reached: no attack brought about as many rounds as the paper allows."},
	}
	for _, w := range cases {
		paper := stat.Missing
		if p := frame.PublishedAs(w.System.Protocol, w.System.Variant); p != nil {
			paper = p.Of(w.Op)
		}
		times := func(bytes int64) string { return fmt.Sprintf("%.2f", float64(bytes)/float64(w.ValueBytes)) }
		t.Rows = append(t.Rows, []string{
			w.System.Name(), stat.OpName(w.Op), strconv.Itoa(w.T), stat.SizeName(w.ValueBytes), strconv.Itoa(w.Trials),
			strconv.FormatInt(w.Ops, 10), paper, w.Rounds.String(), w.Attack,
			strconv.FormatInt(w.Most.Messages.ClientToServer, 10), strconv.FormatInt(w.Most.Messages.ServerToClient, 10),
			times(w.Most.Bytes.ClientToServer), times(w.Most.Bytes.ServerToClient), w.Verdict(),
		})
	}
	return t
}

// faultFreeTable is a row for each measurement.
func faultFreeTable(cells []frame.Counted) Table {
	t := Table{
		Title: "Table 3: rounds, messages and bytes without faults",
		Header: []string{
			"protocol", "op", "t", "value", "runs", "operations", "model", "measured", "messages c→s", "messages s→c",
			"bytes c→s", "bytes s→c", "deviation", "verdict",
		},
		Notes: []string{fmt.Sprintf("Per operation, in brackets what the model says: every round asks all servers and all answer; bytes, framing "+
			"included, in multiples of the value's size. Deviation: of the bytes, c→s / s→c, in percent of the model's or of one "+
			"value, if that is more. Equal: the same rounds in every operation, the same messages, and bytes within %.0f %%.",
			100*frame.BytesTolerance)},
	}
	for _, c := range cells {
		t.Rows = append(t.Rows, countedRow(c))
	}
	return t
}

func countedRow(c frame.Counted) []string {
	what := []string{
		c.System().Name(), stat.OpName(c.Op), strconv.Itoa(c.T), stat.SizeName(c.ValueBytes),
		fmt.Sprintf("%d/%d", len(c.Runs), len(c.All())),
	}
	if len(c.Runs) == 0 {
		return append(what, stat.Missing, stat.Missing, stat.Missing, stat.Missing, stat.Missing, stat.Missing, stat.Missing, stat.Missing, c.Verdict())
	}
	var ops int64
	for _, p := range c.Runs {
		ops += p.LoadOps
	}
	model, messages, bytes := c.Runs[0], c.Messages(), c.Bytes()
	up, down := c.Deviations()
	beside := func(measured, model float64) string {
		return strconv.FormatFloat(measured, 'g', 6, 64) + " (" + strconv.FormatFloat(model, 'g', 6, 64) + ")"
	}
	return append(what, strconv.FormatInt(ops, 10), model.ModelRounds.String(), frame.RoundsName(c.Rounds()),
		beside(messages.ClientToServer, frame.Sent(model)), beside(messages.ServerToClient, frame.Sent(model)),
		fmt.Sprintf("%.3f (%.3f)", bytes.ClientToServer, model.CostFactor.ClientToServer),
		fmt.Sprintf("%.3f (%.3f)", bytes.ServerToClient, model.CostFactor.ServerToClient),
		fmt.Sprintf("%+.2f / %+.2f %%", 100*up, 100*down), c.Verdict())
}
