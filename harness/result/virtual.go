package result

import (
	"bytes"
	"fmt"
	"os"
)

// Virtual is what was found in virtual time, without processes and networks: by schedules, and by exploring all of them.
type Virtual struct {
	Simulated []Simulated
	Explored  []Explored
}

// ReadVirtual reads files of `powbench simulate --out` and of `powbench explore --out`. The former are lists, the latter are
// not.
func ReadVirtual(files ...string) (v Virtual, err error) {
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return v, fmt.Errorf("%w: name a file of powbench simulate --out or of powbench explore --out", err)
		}
		if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
			rows, err := ReadSimulated(file)
			if err != nil {
				return v, err
			}
			v.Simulated = append(v.Simulated, rows...)
			continue
		}
		table, err := ReadExplorations(file)
		if err != nil {
			return v, err
		}
		v.Explored = append(v.Explored, table.Rows...)
	}
	return v, nil
}
