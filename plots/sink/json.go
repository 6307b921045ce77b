package sink

import (
	"encoding/json"
	"io"

	"github.com/powbench/powbench/plots/tables"
)

// JSON writes tables for programs: one in a line (JSON Lines), as an object with its title, the names of its columns in order, its
// rows as objects by these names, and its notes. Cells are text, as in all other forms.
func JSON(w io.Writer) Sink { return jsonLines{to: json.NewEncoder(w)} }

type jsonLines struct {
	noFigures
	to *json.Encoder
}

// Table implements Sink.
func (j jsonLines) Table(t tables.Table) error {
	rows := make([]map[string]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = map[string]string{}
		for k, cell := range row {
			rows[i][t.Header[k]] = cell
		}
	}
	return j.to.Encode(struct {
		Title   string              `json:"title"`
		Columns []string            `json:"columns"`
		Rows    []map[string]string `json:"rows"`
		Notes   []string            `json:"notes,omitempty"`
	}{t.Title, t.Header, rows, t.Notes})
}
