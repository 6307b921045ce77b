package report

import (
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/query"
	"github.com/powbench/powbench/plots/tables"
)

// A table is one of the tables of plots. Where its rows are measurements, trials or costs, each leads
// down to its samples.
type table struct {
	tables.Table
	ID   string
	Rows []row
}

// A row is its texts, and the samples behind them if there are any.
type row struct {
	ID      string
	Texts   []string
	Samples *samples
	Trial   *trial
}

// Deep reports whether the table's rows lead down to samples.
func (t table) Deep() bool { return len(t.Cells)+len(t.Trials)+len(t.Costs) > 0 }

// mostNotes is how many notes of a table are shown without being asked for.
const mostNotes = 12

// Foremost are the notes that are shown below the table.
func (t table) Foremost() []string { return t.Notes[:min(mostNotes, len(t.Notes))] }

// Further are the other notes.
func (t table) Further() []string { return t.Notes[len(t.Foremost()):] }

// newTable makes the table. It enters the ids of rows that lead down to samples into rows, by the names that claims give
// points, trials and costs.
func newTable(t tables.Table, runs runs, ids anchors, rows map[string]string) table {
	out := table{Table: t, ID: ids.unique("table-" + t.Title)}
	for i, texts := range t.Rows {
		r, name := row{Texts: texts}, ""
		switch {
		case len(t.Cells) > 0:
			name, r.Samples = query.ID(t.Cells[i].All()[0]), newSamples(t.Cells[i], runs[t.Cells[i].Set])
		case len(t.Trials) > 0:
			name, r.Trial = query.TrialID(t.Trials[i]), newTrial(t.Trials[i], runs)
		case len(t.Costs) > 0:
			name, r.Samples = query.CostID(t.Costs[i][0]), newCosts(t.Costs[i], runs)
		}
		if name != "" {
			r.ID = ids.unique(name)
			rows[name] = r.ID
		}
		out.Rows = append(out.Rows, r)
	}
	return out
}

// A claim is a verdict with links to the measurements that it rests on.
type claim struct {
	claims.Verdict
	ID     string
	Points []reference
}

// A reference links to an element of the document; without an ID it is only a name.
type reference struct {
	Name, ID string
}

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
