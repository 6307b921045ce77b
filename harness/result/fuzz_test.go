package result

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/sweep"
)

// Whatever is in a set's files, it is refused with the file's name, or read: garbled lines are told apart, and what remains is written
// as it was read.
func FuzzRead(f *testing.F) {
	reference := "../../results/reference/lan/fig2b"
	manifest, err := os.ReadFile(filepath.Join(reference, ManifestFile))
	if err != nil {
		f.Fatal(err)
	}
	points, err := os.ReadFile(filepath.Join(reference, PointsFile))
	if err != nil {
		f.Fatal(err)
	}
	line, _, _ := strings.Cut(string(points), "\n")
	f.Add(manifest, []byte(line+"\n"), []byte{})
	f.Add([]byte(`{"schema":2}`), []byte("{}\nnot json\n"), []byte(`{"schema":2,"attack":"B1"}`))
	dir := filepath.Join(f.TempDir(), "set")
	sweep.Fuzz(f, func(t testing.TB, manifest, points, trials []byte) {
		if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755),
			os.WriteFile(filepath.Join(dir, ManifestFile), manifest, 0o600),
			os.WriteFile(filepath.Join(dir, PointsFile), points, 0o600),
			os.WriteFile(filepath.Join(dir, TrialsFile), trials, 0o600),
		); err != nil {
			t.Fatal(err)
		}
		set, err := Read(dir)
		if err != nil {
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("%q names no file", err)
			}
			return
		}
		for _, p := range set.Points {
			_, _ = p.Deviation(p.WireFactor)
			_, _, _ = p.LinkFactor(), p.Model(), p.FullName()
		}
		if _, err := SetAside(dir); err != nil {
			t.Errorf("what was read cannot be mended: %v", err)
		}
	})
}
