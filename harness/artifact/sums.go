package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sumsFile has a line for each file of the reference results, as sha256sum writes and checks it.
const sumsFile = reference + "/SHA256SUMS"

// Sums writes the hashes of the reference results.
func Sums(root string) error {
	lines, err := sums(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, sumsFile), []byte(lines), 0o644)
}

func sums(root string) (string, error) {
	var lines []string
	base := filepath.Join(root, reference)
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == filepath.Join(root, sumsFile) {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err
		}
		name, err := filepath.Rel(base, path)
		lines = append(lines, hex.EncodeToString(h.Sum(nil))+"  "+filepath.ToSlash(name))
		return err
	})
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return strings.Join(lines, "\n") + "\n", err
}

// hashed compares the hashes with those in the file.
func hashed(_ context.Context, root string, _ Runner) (string, error) {
	kept, err := os.ReadFile(filepath.Join(root, sumsFile))
	if err != nil {
		return "", fmt.Errorf("%w: write it by `powbench artifact --sums`", err)
	}
	is, err := sums(root)
	if err != nil {
		return "", err
	}
	was := strings.Split(strings.TrimSpace(string(kept)), "\n")
	now := strings.Split(strings.TrimSpace(is), "\n")
	for _, line := range was {
		if !slices.Contains(now, line) {
			_, name, _ := strings.Cut(line, "  ")
			return "", fmt.Errorf("%s: %q is not the file that was hashed: if it has to be so, write the hashes anew by `powbench artifact --sums`", sumsFile, name)
		}
	}
	if len(now) != len(was) {
		return "", fmt.Errorf("%s has %d files, there are %d: write it anew by `powbench artifact --sums`", sumsFile, len(was), len(now))
	}
	return fmt.Sprintf("%d files", len(now)), nil
}
