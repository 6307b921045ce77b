package command

import (
	"encoding/json"
	"strings"
	"testing"
)

// tableLine is a line that a program reads.
type tableLine struct {
	Title   string
	Columns []string
	Rows    []map[string]string
}

// readTables reads tables of JSON, one in a line.
func readTables(t *testing.T, text string) (all []tableLine) {
	t.Helper()
	for line := range strings.Lines(text) {
		var table tableLine
		if err := json.Unmarshal([]byte(line), &table); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if table.Title == "" || len(table.Columns) == 0 {
			t.Errorf("a table without a title or columns: %s", line)
		}
		all = append(all, table)
	}
	return all
}

func TestTablesForPrograms(t *testing.T) {
	for name, args := range map[string][]string{
		"plot":    {"plot", "--json", "--out", t.TempDir(), lan},
		"compare": {"compare", "--json", lan, lan},
		"report":  {"report", "--json", "--claims", claimsFile, "--out", t.TempDir() + "/report.html", lan},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := run(t, args...)
			if code != Done {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			tables := readTables(t, stdout)
			if len(tables) == 0 || len(tables[0].Rows) == 0 || len(tables[0].Rows[0]) == 0 {
				t.Fatalf("no table with rows: %+v", tables)
			}
			for _, column := range tables[0].Columns {
				if _, has := tables[0].Rows[0][column]; !has {
					t.Errorf("the first row has no %q", column)
				}
			}
		})
	}
	if code, _, stderr := run(t, "compare", "--json", "--markdown", lan, lan); code != Misused || !strings.Contains(stderr, "give one of them") {
		t.Errorf("both forms: exit code %d, %s", code, stderr)
	}
}
