package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Virtual is what was found in virtual time, without processes and networks: by schedules, by exploring all of them, and of
// mistakes that were made on purpose.
type Virtual struct {
	Simulated []Simulated
	Explored  []Explored
	Mutants   []Mutant
}

// ReadVirtual reads files of `powbench simulate --out`, of `powbench explore --out` and of `make survivors`, in any order.
func ReadVirtual(files ...string) (v Virtual, err error) {
	for _, file := range files {
		if err := v.add(file); err != nil {
			return v, err
		}
	}
	return v, nil
}

// add adds what is in the file: a list is of schedules, and what is none says by a field what it is.
func (v *Virtual) add(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: name a file of powbench simulate --out, of powbench explore --out or of make survivors", err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		rows, err := ReadSimulated(file)
		v.Simulated = append(v.Simulated, rows...)
		return err
	}
	var kind struct{ Mutants json.RawMessage }
	if json.Unmarshal(data, &kind) == nil && kind.Mutants != nil {
		table, err := ReadMutants(file)
		v.Mutants = append(v.Mutants, table.Mutants...)
		return err
	}
	table, err := ReadExplorations(file)
	v.Explored = append(v.Explored, table.Rows...)
	return err
}
