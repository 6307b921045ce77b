package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/powbench/powbench/harness/result"
)

// figureOfAttacks is the figure that tells attacks apart.
const figureOfAttacks = "capacity"

// maxFileBytes bounds a file: a hundred times the longest one that makes sense.
const maxFileBytes = 256 << 10

// Load reads the experiment in the file. An error names the line and column and what to write instead; it is also
// about the quick section, so that nothing is left to be refused once an experiment runs.
func Load(path string) (*Experiment, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	e, err := decode(data)
	if err != nil {
		return nil, locate(path, data, err)
	}
	e.file = path
	return e, nil
}

// mark is the byte-order mark that some editors put before UTF-8.
var mark = []byte("\ufeff")

// readFile reads a file that cannot be too large to be one of ours.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file: name an experiment such as configs/smoke.yaml", path)
	}
	if info, e := os.Stat(path); e == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: this is a folder: name an experiment in it, such as smoke.yaml", path)
	}
	if err != nil {
		return nil, err
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s: %d bytes are too many for an experiment: is this the right file?", path, len(data))
	}
	return bytes.TrimPrefix(data, mark), nil
}

// decode reads an experiment. Its errors are problems, or the parser's own.
func decode(data []byte) (*Experiment, error) {
	root, err := document(data)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return nil, errors.New("the file is empty: an experiment has at least a name, such as experiment: mine")
	}
	if err := belongsTo(root, "costs"); err != nil {
		return nil, err
	}
	e := &Experiment{Settings: defaults()}
	var quick ast.Node
	if err := object(e.keys(&quick))(root); err != nil {
		return nil, err
	}
	if e.Name == "" {
		return nil, errors.New("the experiment has no name: add a line such as experiment: mine")
	}
	if len(e.Mix) > 0 && child(root, "operations") == nil {
		e.Operations = nil // the default is of files that say neither
	}
	if err := e.check(root); err != nil {
		return nil, err
	}
	if err := e.decodeQuick(quick); err != nil {
		return nil, err
	}
	if e.Figure != "" && e.Figure != figureOfAttacks && e.attacked() {
		return nil, at(place(root, "figure"), "figure %s does not tell attacks apart: choose figure: %s, or none", e.Figure, figureOfAttacks)
	}
	e.fillIn()
	return e, nil
}

// attacked reports whether servers attack in some runs, quick or not.
func (e *Experiment) attacked() bool {
	is := func(attack string) bool { return attack != result.FaultFree }
	return slices.ContainsFunc(e.Attack, is) || e.quick != nil && slices.ContainsFunc(e.quick.Attack, is)
}

// document is the root of the only document in a file, or nil if there is nothing in it.
func document(data []byte) (ast.Node, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		return nil, at(file.Docs[1].Body, "this is a second document: put each experiment into a file of its own")
	}
	if len(file.Docs) == 0 {
		return nil, nil
	}
	return file.Docs[0].Body, nil
}

// belongsTo is an error if a file of the other kind was given, by the key that names it.
func belongsTo(root ast.Node, kind string) error {
	mapping, ok := root.(ast.MapNode)
	if !ok {
		return nil
	}
	for entry := mapping.MapRange(); entry.Next(); {
		if entry.Key().GetToken().Value == kind {
			return at(entry.Key(), "this is a file for `powbench %s`", commands[kind])
		}
	}
	return nil
}

// commands are those that take a kind of file, by the key that names what it describes.
var commands = map[string]string{"experiment": "run", "costs": "costs"}

// decodeQuick reads the quick section over a copy of the settings, which are all read by now wherever it stands.
func (e *Experiment) decodeQuick(n ast.Node) error {
	if n == nil {
		return nil
	}
	settings := e.Settings
	if err := object(settings.keys())(n); err != nil {
		return under("quick", err)
	}
	if err := settings.check(n); err != nil {
		return under("quick", err)
	}
	settings.fillIn()
	e.quick = &settings
	return nil
}
