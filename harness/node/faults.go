package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/control"
)

// fileLimit is the size in bytes beyond which a server on a full disk can write no file: less than its log has by then.
const fileLimit = 48 << 10

// fill lets this process write no file beyond fileLimit.
func fill(context.Context, control.Nothing) (none control.Nothing, _ error) {
	limit := unix.Rlimit{Cur: fileLimit, Max: fileLimit}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return none, fmt.Errorf("limit the size of files: %w", err)
	}
	return none, nil
}

// damagedBytes is how many bytes are damaged: more than lie between two checksums' reach.
const damagedBytes = 512

// damage flips bits in the middle of the file below dir that holds most: the log of what was written last.
func damage(_ context.Context, dir string) (none control.Nothing, _ error) {
	var largest string
	var content []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if data = bytes.TrimRight(data, "\x00"); len(data) > len(content) { // room that was set aside holds nothing
			largest, content = path, data
		}
		return err
	})
	if err != nil {
		return none, err
	}
	if len(content) == 0 {
		return none, fmt.Errorf("%s has no file to damage", dir)
	}
	middle := len(content) / 2
	damaged := content[middle:min(middle+damagedBytes, len(content))]
	for i := range damaged {
		damaged[i] ^= 0x55
	}
	f, err := os.OpenFile(largest, os.O_WRONLY, 0)
	if err != nil {
		return none, err
	}
	_, err = f.WriteAt(damaged, int64(middle))
	return none, errors.Join(err, f.Close())
}
