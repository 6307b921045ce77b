package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Simulated is what came of the schedules of one protocol and attack: a row of what `powbench simulate --out` writes.
type Simulated struct {
	Protocol    string            `json:"protocol"`
	Attack      string            `json:"attack"`
	T           int               `json:"t"`
	Suite       string            `json:"suite"`
	Durability  string            `json:"durability"`
	FirstSeed   uint64            `json:"first_seed"`
	Schedules   int64             `json:"schedules"`
	Operations  int64             `json:"operations"`
	Messages    int64             `json:"messages"`
	Reads       map[int]int64     `json:"reads"` // by their rounds
	Harms       map[string]int64  `json:"harms"` // schedules, by the gravest harm found
	Seeds       map[string]uint64 `json:"seeds"` // the first of each harm
	Expected    string            `json:"expected"`
	Expectation Expectation       `json:"expectation,omitempty"`
	Held        bool              `json:"held"` // whether the outcome is the expected one
	Seconds     float64           `json:"seconds"`
}

// Harmed is the number of schedules that showed harm.
func (s Simulated) Harmed() (n int64) {
	for _, of := range s.Harms {
		n += of
	}
	return n
}

// ReadSimulated reads files of `powbench simulate --out`.
func ReadSimulated(files ...string) ([]Simulated, error) {
	var all []Simulated
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var rows []Simulated
		if err := json.Unmarshal(data, &rows); err != nil {
			return nil, fmt.Errorf("%s: %w: name a file of powbench simulate --out", file, err)
		}
		for i := range rows {
			rows[i].Expectation = expectationOf(rows[i].Expectation, rows[i].Expected)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// WriteSimulated writes such a file, and the folder that it is in.
func WriteSimulated(file string, rows []Simulated) error {
	data, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}
