package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Hunts are those of one hunter for one mutant: how many schedules it takes, beginning with other seeds each time, until a
// mistake made on purpose is noticed. They are what `make league` writes, a row each.
type Hunts struct {
	Mutant   string `json:"mutant"` // the protocol's package and the mistake
	Protocol string `json:"protocol"`
	Attack   string `json:"attack"` // under which the mistake was made to show
	// Kind is what the mistake takes to show: the order of messages and deaths alone, servers that lie, or readers that do.
	Kind   string `json:"kind"`
	Hunter string `json:"hunter"`
	// Most is after how many schedules a hunt is given up.
	Most uint64 `json:"most"`
	// Schedules are those of each hunt, up to the one that showed the mistake; 0 if none did.
	Schedules []uint64 `json:"schedules"`
}

// Alive reports whether the mutant of the i-th hunt is still alive after so many schedules.
func (h Hunts) Alive(i int, schedules uint64) bool {
	return h.Schedules[i] == 0 || h.Schedules[i] > schedules
}

// ReadHunts reads a file that `make league` wrote.
func ReadHunts(file string) ([]Hunts, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []Hunts
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s: %w: name a file that make league wrote", file, err)
	}
	for i, h := range all {
		if h.Hunter == "" || len(h.Schedules) == 0 || h.Most == 0 {
			return nil, fmt.Errorf("%s: row %d has no hunter, no hunts or no bound: name a file that make league wrote", file, i+1)
		}
	}
	return all, nil
}

// WriteHunts writes such a file, and the folder that it is in.
func WriteHunts(file string, all []Hunts) error {
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}
