package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Explored sums up the exploration of one scope: a row of the file that `powbench explore --out` writes.
type Explored struct {
	Protocol string `json:"protocol"`
	Scope    string `json:"scope"`
	Title    string `json:"title"` // of the scope
	Menu     string `json:"menu"`  // what faulty servers may do
	T        int    `json:"t"`
	Suite    string `json:"suite"`
	Bound    string `json:"bound,omitempty"`
	Shuffle  uint64 `json:"shuffle,omitempty"` // the seed of the order in which steps were tried; absent: the usual one
	// Deviations is how often an execution deviates at most from what happens by itself; absent: as often as it likes.
	Deviations int `json:"deviations,omitempty"`
	// Executions are those that were followed to where nothing more can happen, or to a state known before; Steps are what
	// happened in all; States and Outcomes are the different ones.
	Executions int64 `json:"executions"`
	Steps      int64 `json:"steps"`
	States     int64 `json:"states"`
	Outcomes   int64 `json:"outcomes"`
	MaxRounds  int   `json:"max_rounds"` // that a READ took; 0 if none ended
	// Complete says that there is nothing more to explore; else Stopped says what stopped it.
	Complete bool   `json:"complete"`
	Stopped  string `json:"stopped,omitempty"`
	// Conditions are the turns, of those that few executions take, that operations came to; rows of earlier versions lack them.
	Conditions []string `json:"conditions,omitempty"`
	// Without names reductions that the protocol does not allow.
	Without     []string          `json:"without,omitempty"`
	Verdict     VerdictCode       `json:"verdict"`         // unknown: no violation was found, and it is not complete
	Harms       map[string]string `json:"harms,omitempty"` // in words, by their names
	Expectation Expectation       `json:"expectation"`
	Held        bool              `json:"held"` // whether no harm was found that is not to be expected
	Seconds     float64           `json:"seconds"`
}

// Is reports whether both rows are of the same exploration.
func (e Explored) Is(o Explored) bool {
	return e.Protocol == o.Protocol && e.Scope == o.Scope && e.Menu == o.Menu && e.T == o.T && e.Suite == o.Suite && e.Shuffle == o.Shuffle &&
		e.Deviations == o.Deviations
}

// Explorations is the file that `powbench explore --out` writes.
type Explorations struct {
	Build string     `json:"build"` // the hash of the binary, which alone may go on
	Rows  []Explored `json:"rows"`
}

// ReadExplorations reads such a file; one that is not there has no rows.
func ReadExplorations(file string) (e Explorations, err error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		return e, fmt.Errorf("%s: %w: name a file of powbench explore --out", file, err)
	}
	return e, nil
}

// Write writes the file, with the folder that it is in, and beside it the same as a Markdown table. What was there before
// is replaced at once or not at all.
func (e Explorations) Write(file string) error {
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	table := strings.TrimSuffix(file, filepath.Ext(file)) + ".md"
	return errors.Join(writeInFolder(file, append(data, '\n')), writeInFolder(table, []byte(e.Markdown())))
}

// Markdown is the rows as a table.
func (e Explorations) Markdown() string {
	var b strings.Builder
	b.WriteString("| protocol | scope | t | servers | executions | states | minutes | complete | verdict |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range e.Rows {
		complete := "no: " + r.Stopped
		switch {
		case r.Complete && r.Deviations > 0:
			complete = fmt.Sprintf("with ≤ %d deviations", r.Deviations)
		case r.Complete:
			complete = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %d | %d | %.1f | %s | %s |\n", r.Protocol, r.Title, r.T, r.Menu, r.Executions, r.States,
			r.Seconds/60, complete, r.Words())
	}
	return b.String()
}

// Words says what came of the exploration.
func (e Explored) Words() string {
	switch {
	case len(e.Harms) > 0:
		return "**" + strings.Join(slices.Sorted(maps.Keys(e.Harms)), ", ") + "**"
	case e.Complete:
		return "no harm"
	}
	return "no harm so far"
}
