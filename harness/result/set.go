package result

import (
	"encoding/json"
	"errors"
	"fmt"
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

// appendLine adds a value as a line of JSON, whole or not at all.
func appendLine(path string, x any) error {
	line, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode a line of %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := seekPastLastLine(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("append to %s: %w", path, err)
	}
	return f.Sync()
}

// seekPastLastLine places f behind its last complete line and cuts off what an interrupted writer left there.
func seekPastLastLine(f *os.File) error {
	data, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	end := len(data)
	for end > 0 && data[end-1] != '\n' {
		end--
	}
	if err := f.Truncate(int64(end)); err != nil {
		return err
	}
	_, err = f.Seek(int64(end), 0)
	return err
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
