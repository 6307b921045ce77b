package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// readRows reads a file that holds a list in JSON; which says which files are such, behind "name a file".
func readRows[T any](file, which string) (rows []T, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		return nil, fmt.Errorf("%s: %w: name a file %s", file, err, which)
	}
	return rows, nil
}

// writeRows writes such a file, whole or not at all, and the folder that it is in.
func writeRows[T any](file string, rows []T) error {
	data, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return writeInFolder(file, append(data, '\n'))
}

// writeInFolder writes a file, whole or not at all, and the folder that it is in. What is no file, such as a pipe, is written as it
// is: to replace it would make it one.
func writeInFolder(file string, data []byte) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(file, data, 0o644)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return writeWhole(file, data)
}
