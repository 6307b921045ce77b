package report

import (
	"net/url"
	"os"
	"path/filepath"

	"github.com/powbench/powbench/harness/result"
)

// A file of raw data.
type file struct {
	Name string
	Href string // relative to the document; empty if there is no such file
}

// A folder is that of a run.
type folder struct {
	path string // without links, as "latest" will not stay the same
	from string // the document's folder
}

func newFolder(dir, from string) folder {
	return folder{resolved(dir), resolved(from)}
}

// resolved is the absolute path without symbolic links, as far as there is one.
func resolved(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// rawData is what there is in the folder.
func (f folder) rawData() []file {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil // sets that were never on a disk
	}
	var there []file
	for _, e := range entries {
		there = append(there, f.file(e.Name()))
	}
	return there
}

// history is the file of that name among the histories.
func (f folder) history(name string) file {
	if name == "" {
		return file{}
	}
	x := f.file(filepath.Join(result.HistoryDir, filepath.Base(name)))
	x.Name = name
	return x
}

func (f folder) file(name string) file {
	path := filepath.Join(f.path, name)
	relative, err := filepath.Rel(f.from, path)
	if err != nil {
		return file{Name: name}
	}
	if _, err := os.Stat(path); err != nil {
		return file{Name: name}
	}
	return file{name, (&url.URL{Path: filepath.ToSlash(relative)}).String()}
}
