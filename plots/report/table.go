package report

import "github.com/powbench/powbench/plots"

// A table is one of the tables of plots. Where its rows are measurements or trials, each leads down to its samples.
type table struct {
	plots.Table
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
func (t table) Deep() bool { return len(t.Cells) > 0 || len(t.Trials) > 0 }

func newTable(t plots.Table, runs runs, ids anchors) table {
	out := table{Table: t, ID: ids.unique("table-" + t.Title)}
	for i, texts := range t.Rows {
		r := row{Texts: texts}
		switch {
		case len(t.Cells) > 0:
			c := t.Cells[i]
			r.ID, r.Samples = ids.unique("point-"+c.Figure+"-"+c.String()), newSamples(c, runs[c.Set])
		case len(t.Trials) > 0:
			x := t.Trials[i]
			r.ID, r.Trial = ids.unique("trial-"+x.Protocol+"-"+x.Attack), newTrial(x, runs)
		}
		out.Rows = append(out.Rows, r)
	}
	return out
}
