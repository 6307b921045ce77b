package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Virtual is what was found in virtual time, without processes and networks: by schedules, by exploring all of them, and of
// mistakes that were made on purpose, and how long it took to find these.
type Virtual struct {
	Simulated []Simulated
	Explored  []Explored
	Mutants   []Mutant
	Hunts     []Hunts
}

// ReadVirtual reads files of `powbench simulate --out`, of `powbench explore --out`, of `make survivors` and of `make league`, in any
// order.
func ReadVirtual(files ...string) (v Virtual, err error) {
	for _, file := range files {
		if err := v.add(file); err != nil {
			return v, err
		}
	}
	return v, nil
}

// add adds what is in the file: its fields say what it is.
func (v *Virtual) add(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: name a file of powbench simulate --out, of powbench explore --out, of make survivors or of make league", err)
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		var list []struct{ Hunter string }
		if json.Unmarshal(data, &list) == nil && len(list) > 0 && list[0].Hunter != "" {
			hunts, err := ReadHunts(file)
			v.Hunts = append(v.Hunts, hunts...)
			return err
		}
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
