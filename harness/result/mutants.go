package result

import (
	"encoding/json"
	"fmt"
	"os"
)

// Mutants is the file that `make survivors` writes: what became of the mistakes that rules make in the protocols' automata.
type Mutants struct {
	Schedules uint64   `json:"schedules"` // that were simulated of each attack
	Mutants   []Mutant `json:"mutants"`
}

// Mutant is one mistake, and what noticed it first.
type Mutant struct {
	Protocol string `json:"protocol"`
	File     string `json:"file"` // from the module's root
	Function string `json:"function,omitempty"`
	Line     int    `json:"line"`
	Mistake  string `json:"mistake"` // what stood there, and what stands there
	Killed   Killer `json:"killed"`
	By       string `json:"by,omitempty"`     // the test, scope or attack, with the seed
	Reason   string `json:"reason,omitempty"` // why it makes no difference, if it makes none
}

// A Killer is what noticed a mutant. The quickest is asked first, and the first alone is named.
type Killer string

// The killers, in the order in which they are asked.
const (
	ByCompiler    Killer = "compiler"
	ByUnitTests   Killer = "unit tests"
	BySimulation  Killer = "simulation"
	ByExploration Killer = "exploration"
	ByTraces      Killer = "traces"  // golden traces alone, which count as nothing: one that is written anew blesses the mistake
	ByNothing     Killer = "nothing" // it survives, unless there is a Reason
)

// Killers are all of them.
func Killers() []Killer {
	return []Killer{ByCompiler, ByUnitTests, BySimulation, ByExploration, ByTraces, ByNothing}
}

// Survives reports whether no test notices the mutant, and nobody has said why none can.
func (m Mutant) Survives() bool {
	return m.Reason == "" && (m.Killed == ByTraces || m.Killed == ByNothing)
}

// ReadMutants reads such a file.
func ReadMutants(file string) (m Mutants, err error) {
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w: name a file of make survivors", file, err)
	}
	return m, nil
}

// Write writes the file, whole or not at all, and the folder that it is in.
func (m Mutants) Write(file string) error {
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return writeInFolder(file, append(data, '\n'))
}
