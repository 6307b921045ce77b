package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The files of a soak's folder: a line for each stint, and the summary of all, which is written anew after each stint.
const (
	StintsFile = "stints.jsonl"
	SoakFile   = "summary.json"
	SoakText   = "summary.txt"
)

// A Stint is one protocol under one fault, on a cluster of its own: a line of stints.jsonl.
type Stint struct {
	Schema   int     `json:"schema"`
	Number   int     `json:"number"` // in the soak, from 1
	Protocol string  `json:"protocol"`
	Fault    string  `json:"fault"`
	Attack   string  `json:"attack,omitempty"` // ID of the catalogue, of servers or readers that attack
	T        int     `json:"t"`
	Servers  int     `json:"servers"`
	Seed     uint64  `json:"seed"`
	Started  string  `json:"started"` // UTC, RFC 3339
	Seconds  float64 `json:"seconds"`
	Windows  int     `json:"windows"` // of history that were checked
	Reads    int64   `json:"reads"`
	Writes   int64   `json:"writes"`
	Faults   int64   `json:"faults"` // that were inflicted
	// The largest resident sets of any process, MiB.
	PeakServerMiB float64  `json:"peak_server_mib"`
	PeakAgentMiB  float64  `json:"peak_agent_mib"`
	Violations    []string `json:"violations,omitempty"` // of what a protocol or a process promises, each with its window
	Leaks         []string `json:"leaks,omitempty"`
}

// Held reports whether all was as it should be.
func (s Stint) Held() bool { return len(s.Violations)+len(s.Leaks) == 0 }

// Where names the stint so that it can be repeated.
func (s Stint) Where() string {
	fault := s.Fault
	if s.Attack != "" {
		fault += " " + s.Attack
	}
	return fmt.Sprintf("stint %d, %s under %s, seed %d", s.Number, s.Protocol, fault, s.Seed)
}

// Text is the stint in a line for people.
func (s Stint) Text() string {
	text := fmt.Sprintf("%d READs, %d WRITEs, %d faults, %d windows; servers up to %.0f MiB", s.Reads, s.Writes, s.Faults, s.Windows, s.PeakServerMiB)
	for _, wrong := range slices.Concat(s.Violations, s.Leaks) {
		text += "; " + wrong
	}
	return text
}

// Disturbed implements Line: stints count whatever else runs.
func (s Stint) Disturbed() bool { return false }

// Violated implements Line.
func (s Stint) Violated() bool { return !s.Held() }

// Notable implements Line.
func (s Stint) Notable() bool { return !s.Held() }

func (s Stint) inFile() (string, any) {
	s.Schema = SchemaVersion
	return StintsFile, s
}

// A Soak sums up all stints.
type Soak struct {
	Schema      int              `json:"schema"`
	Seed        uint64           `json:"seed"`
	Started     string           `json:"started"` // UTC, RFC 3339
	Seconds     float64          `json:"seconds"`
	Complete    bool             `json:"complete"` // all stints took place
	Stints      int              `json:"stints"`
	Windows     int              `json:"windows"`
	Reads       int64            `json:"reads"`
	Writes      int64            `json:"writes"`
	Protocols   map[string]int   `json:"protocols"` // stints of each
	Faults      map[string]int64 `json:"faults"`    // of each kind
	ByHand      int              `json:"restarts_by_hand"`
	ServerMiB   float64          `json:"peak_server_mib"`
	AgentMiB    float64          `json:"peak_agent_mib"`
	Coordinator []Held           `json:"coordinator"` // what the coordinator's process held after each stint
	Violations  []string         `json:"violations"`  // with their stints
	Leaks       []string         `json:"leaks"`
}

// Held is what a process held at an instant.
type Held struct {
	Seconds      float64 `json:"seconds"` // since the soak began
	LiveMiB      float64 `json:"live_mib"`
	Goroutines   int     `json:"goroutines"`
	Descriptors  int     `json:"descriptors"`
	ScratchBytes int64   `json:"scratch_bytes"` // left below the folder of the servers' databases
}

// Add adds a stint.
func (s *Soak) Add(stint Stint) {
	s.Stints++
	s.Windows += stint.Windows
	s.Reads += stint.Reads
	s.Writes += stint.Writes
	if s.Protocols == nil {
		s.Protocols, s.Faults = map[string]int{}, map[string]int64{}
	}
	s.Protocols[stint.Protocol]++
	s.Faults[stint.Fault] += stint.Faults
	s.ServerMiB, s.AgentMiB = max(s.ServerMiB, stint.PeakServerMiB), max(s.AgentMiB, stint.PeakAgentMiB)
	for _, v := range stint.Violations {
		s.Violations = append(s.Violations, stint.Where()+": "+v)
	}
	for _, l := range stint.Leaks {
		s.Leaks = append(s.Leaks, stint.Where()+": "+l)
	}
}

// Text is the summary for people.
func (s *Soak) Text() string {
	var b strings.Builder
	state := "complete"
	if !s.Complete {
		state = "ended early: this is what there was until then"
	}
	fmt.Fprintf(&b, "Soak of %v (%s): %d stints, %d windows of history, %d READs, %d WRITEs\n",
		(time.Duration(s.Seconds) * time.Second).String(), state, s.Stints, s.Windows, s.Reads, s.Writes)
	fmt.Fprintf(&b, "protocols: %s\nfaults: %s\n", counts(s.Protocols), counts(s.Faults))
	fmt.Fprintf(&b, "peak memory: %.0f MiB of a server, %.0f MiB of an agent\n", s.ServerMiB, s.AgentMiB)
	fmt.Fprintf(&b, "%d violations, %d leaks, %d restarts by hand\n", len(s.Violations), len(s.Leaks), s.ByHand)
	for _, wrong := range slices.Concat(s.Violations, s.Leaks) {
		fmt.Fprintf(&b, "- %s\n", wrong)
	}
	return b.String()
}

func counts[N int | int64](of map[string]N) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		all = append(all, fmt.Sprintf("%s %d", name, of[name]))
	}
	return strings.Join(all, ", ")
}

// WriteSoak replaces the summary in dir, each of its files whole or not at all.
func WriteSoak(dir string, s Soak) error {
	s.Schema = SchemaVersion
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the summary: %w", err)
	}
	return errors.Join(writeWhole(filepath.Join(dir, SoakFile), append(data, '\n')),
		writeWhole(filepath.Join(dir, SoakText), []byte(s.Text())))
}
