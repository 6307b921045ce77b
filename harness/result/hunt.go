package result

import "fmt"

// Hunts are those of one hunter for one mutant: how many schedules it takes, beginning with other seeds each time, until a
// mistake made on purpose is noticed. They are what `make league` writes, a row each.
type Hunts struct {
	Mutant   string `json:"mutant"` // the protocol's package and the mistake
	Protocol string `json:"protocol"`
	Attack   string `json:"attack"` // under which the mistake shows; empty if a look at all attacks showed nothing: then there are no hunts
	// Kind is what the mistake takes to show: the order of messages and deaths alone, servers that lie, or clients that do; empty
	// without an attack.
	Kind string `json:"kind"`
	// ByRule says that a rule made the mistake; else somebody thought of it.
	ByRule bool   `json:"by_rule"`
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

// ofLeague says which files have hunts.
const ofLeague = "that make league wrote"

// ReadHunts reads a file that `make league` wrote.
func ReadHunts(file string) ([]Hunts, error) {
	all, err := readRows[Hunts](file, ofLeague)
	for i, h := range all {
		if h.Hunter == "" || len(h.Schedules) == 0 || h.Most == 0 {
			return nil, fmt.Errorf("%s: row %d has no hunter, no hunts or no bound: name a file %s", file, i+1, ofLeague)
		}
	}
	return all, err
}

// WriteHunts writes such a file, and the folder that it is in.
func WriteHunts(file string, all []Hunts) error { return writeRows(file, all) }
