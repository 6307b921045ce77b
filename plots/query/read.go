package query

import (
	"io/fs"
	"path/filepath"

	"github.com/powbench/powbench/harness/result"
)

// ReadAll reads every run, attack and simulation below dir: the folders with a manifest, and the JSON files of folders named
// simulation.
func ReadAll(dir string) (sets []*result.Set, simulated []result.Simulated, err error) {
	var files []string
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.Name() == result.ManifestFile:
			s, err := result.Read(filepath.Dir(path))
			sets = append(sets, s)
			return err
		case filepath.Base(filepath.Dir(path)) == "simulation" && filepath.Ext(path) == ".json":
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	simulated, err = result.ReadSimulated(files...)
	return sets, simulated, err
}
