package result

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a result set's folder.
const (
	ManifestFile = "manifest.json"
	PointsFile   = "points.jsonl"
	HistoryDir   = "histories" // of files that end in HistorySuffix
	LogDir       = "logs"
	ProfileDir   = "profiles" // of a folder for each run, with files that ProfileFile names
	FigureDir    = "figures"
	LatestLink   = "latest"

	HistorySuffix = ".jsonl.gz"
)

// A Set is one run's results, read back.
type Set struct {
	Dir      string
	Manifest Manifest
	Points   []Point
	Trials   []Trial // of an attack run
	Costs    []Cost  // of a table of costs; points, trials and costs are never in one folder
}

// Read reads the result set in dir. A set of another schema version is refused.
func Read(dir string) (*Set, error) {
	s := &Set{Dir: dir}
	path := filepath.Join(dir, ManifestFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no %s there: name the folder of one run, such as results/fig2b/latest", dir, ManifestFile)
	} else if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &s.Manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := checkSchema(path, s.Manifest.Schema); err != nil {
		return nil, err
	}
	if s.Points, err = readLines(filepath.Join(dir, PointsFile), func(p Point) int { return p.Schema }); err != nil {
		return s, err
	}
	if s.Trials, err = readLines(filepath.Join(dir, TrialsFile), func(t Trial) int { return t.Schema }); err != nil {
		return s, err
	}
	s.fillSystems()
	s.fillSearches()
	s.Costs, err = readLines(filepath.Join(dir, CostsFile), func(c Cost) int { return c.Schema })
	s.addCodes()
	return s, err
}

func checkSchema(place string, schema int) error {
	if schema != SchemaVersion {
		return fmt.Errorf("%s: results of schema version %d, this powbench reads version %d: "+
			"use the powbench that wrote them, or run the experiment into a new folder", place, schema, SchemaVersion)
	}
	return nil
}

// A Line is one measurement of a set: a Point, a Trial or a Cost.
type Line interface {
	// Disturbed reports whether what else ran on the machine spoilt the measurement, so that it is worth another attempt.
	Disturbed() bool
	// Violated reports whether something did not hold that the measurement was to check.
	Violated() bool
	// inFile is the line as it is written, and the file.
	inFile() (name string, line any)
}

// Append adds a line to the set in dir: the whole line reaches the disk, or none of it counts.
func Append(dir string, l Line) error {
	name, line := l.inFile()
	return appendLine(filepath.Join(dir, name), line)
}

// Violated implements Line: it reports whether the history is not linearizable.
func (p Point) Violated() bool { return p.Linearizable.Code == Violation }

func (p Point) inFile() (string, any) {
	p.Schema = SchemaVersion
	return PointsFile, p
}

// appendLine adds a value as a line of JSON, whole or not at all. It cuts off what an interrupted writer left behind the
// last complete line.
func appendLine(path string, x any) error {
	line, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode a line of %s: %w", path, err)
	}
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(int64(bytes.LastIndexByte(before, '\n') + 1)); err != nil {
		return err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err // names the file
	}
	return f.Sync()
}

// WriteManifest replaces the manifest of the set in dir, whole or not at all.
func WriteManifest(dir string, m Manifest) error {
	m.Schema = SchemaVersion
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	tmp := filepath.Join(dir, ManifestFile+".tmp")
	if err := os.WriteFile(tmp, append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, ManifestFile))
}

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
