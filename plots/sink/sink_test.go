package sink_test

import (
	"encoding/csv"
	"os"
	"testing"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

var table = tables.Table{Title: "T", Header: []string{"a", "b"}, Rows: [][]string{{"1|2", "3"}}, Notes: []string{"N."}}

func TestForms(t *testing.T) {
	for want, got := range map[string]string{
		"### T\n\n| a | b |\n| --- | --- |\n| 1\\|2 | 3 |\n\nN.\n": sink.String(tables.Tables{table}, sink.Markdown),
		"T\n\na    b\n1|2  3\n\nN.\n\nT\n\na    b\n1|2  3\n\nN.\n": sink.String(tables.Tables{table, table}, sink.Text),
	} {
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// CSV is a sink for spreadsheets.
type CSV struct{ to *csv.Writer }

func (CSV) Figure(*draw.Page) error { return nil }
func (c CSV) Table(t tables.Table) error {
	return c.to.WriteAll(append([][]string{t.Header}, t.Rows...))
}

// A new form of export is a new sink.
func ExampleSink() {
	_ = CSV{csv.NewWriter(os.Stdout)}.Table(table)
	// Output:
	// a,b
	// 1|2,3
}
