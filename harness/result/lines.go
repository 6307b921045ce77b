package result

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// readLines reads the complete lines of a file of JSON values, of which schema tells the version; there may be no such
// file. A last line without its newline was cut off while it was written; it does not count.
func readLines[T any](path string, schema func(T) int) ([]T, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []T
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		var x T
		if err := json.Unmarshal(line, &x); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if err := checkSchema(fmt.Sprintf("%s:%d", path, n), schema(x)); err != nil {
			return nil, err
		}
		all = append(all, x)
	}
}
