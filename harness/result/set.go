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
	Garbled  []error // lines that could not be read and are left out, each with its place and the reason
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
		return nil, fmt.Errorf("%s: %w: the manifest is damaged, and without it lines mean nothing; take it from a copy, or run the "+
			"experiment again without --resume", path, err)
	}
	if err := checkSchema(path, s.Manifest.Schema); err != nil {
		return nil, err
	}
	if s.Points, err = readInto(s, PointsFile, pointSchema); err != nil {
		return s, err
	}
	if s.Trials, err = readInto(s, TrialsFile, trialSchema); err != nil {
		return s, err
	}
	s.fillSystems()
	s.fillSearches()
	s.Costs, err = readInto(s, CostsFile, costSchema)
	s.addCodes()
	return s, err
}

func pointSchema(p Point) int { return p.Schema }
func trialSchema(t Trial) int { return t.Schema }
func costSchema(c Cost) int   { return c.Schema }

// readInto reads a file of the set, and notes in it which lines are garbled.
func readInto[T any](s *Set, name string, schema func(T) int) ([]T, error) {
	lines, err := readLines(filepath.Join(s.Dir, name), schema)
	var all []T
	for _, l := range lines {
		if l.err != nil {
			s.Garbled = append(s.Garbled, l.err)
		} else {
			all = append(all, l.value)
		}
	}
	return all, err
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
	// Notable reports whether a person should see how it went: it does not count, or something did not hold.
	Notable() bool
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

// Notable implements Line.
func (p Point) Notable() bool { return !p.Valid || p.Violated() }

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
	return writeWhole(filepath.Join(dir, ManifestFile), append(data, '\n'))
}

// A lineOf is one line of a file of JSON values.
type lineOf[T any] struct {
	value T
	raw   []byte
	err   error // why it is garbled, with its place
}

// readLines reads the complete lines of a file of JSON values, of which schema tells the version; there may be no such
// file. A last line without its newline was cut off while it was written; it does not count.
func readLines[T any](path string, schema func(T) int) (all []lineOf[T], err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		l := lineOf[T]{}
		if l.raw, err = r.ReadBytes('\n'); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		place := fmt.Sprintf("%s:%d", path, n)
		if err := json.Unmarshal(l.raw, &l.value); err != nil {
			l.err = fmt.Errorf("%s: %w", place, err)
		} else if err := checkSchema(place, schema(l.value)); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
}

// GarbledSuffix is what the name of a file has behind it that holds the garbled lines of another.
const GarbledSuffix = ".garbled"

// SetAside takes garbled lines out of the files of the set in dir, into files beside them, and returns how many there were.
// What they measured can be measured again then.
func SetAside(dir string) (moved int, err error) {
	for _, of := range []func() (int, error){
		func() (int, error) { return setAside(filepath.Join(dir, PointsFile), pointSchema) },
		func() (int, error) { return setAside(filepath.Join(dir, TrialsFile), trialSchema) },
		func() (int, error) { return setAside(filepath.Join(dir, CostsFile), costSchema) },
	} {
		n, err := of()
		if moved += n; err != nil {
			return moved, err
		}
	}
	return moved, nil
}

func setAside[T any](path string, schema func(T) int) (moved int, err error) {
	lines, err := readLines(path, schema)
	if err != nil {
		return 0, err
	}
	var good, bad []byte
	for _, l := range lines {
		if l.err == nil {
			good = append(good, l.raw...)
		} else {
			bad = append(bad, l.raw...)
			moved++
		}
	}
	if moved == 0 {
		return 0, nil
	}
	f, err := os.OpenFile(path+GarbledSuffix, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return 0, err
	}
	_, err = f.Write(bad)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	return moved, writeWhole(path, good)
}

// writeWhole replaces a file, whole or not at all, also if the machine loses its power.
func writeWhole(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
