// Package docs holds the drawing of the house in architecture.md to the code. Nobody imports it.
package docs

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module  = "github.com/powbench/powbench/"
	drawing = "architecture.md"
)

// A floor is a line of the drawing: packages, or patterns of path.Match, that may import what is drawn below it.
type floor struct {
	room     string
	line     int
	packages []string
}

// TestHouse: every package has its place in the drawing and imports, without its tests, only from lower floors of its
// own room and from rooms that its room may import.
func TestHouse(t *testing.T) {
	floors, mayImport := readDrawing(t)
	place := func(pkg string) *floor {
		for i, f := range floors {
			if slices.ContainsFunc(f.packages, func(p string) bool { ok, _ := path.Match(p, pkg); return ok }) {
				return &floors[i]
			}
		}
		return nil
	}
	const format = `{{if .GoFiles}}{{.ImportPath}} {{join .Imports " "}}{{end}}`
	list, err := exec.Command("go", "list", "-f", format, "../...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	drawn := map[*floor]bool{}
	for pkg := range strings.Lines(string(list)) {
		names := strings.Fields(strings.ReplaceAll(pkg, module, ""))
		from := place(names[0])
		if from == nil {
			t.Errorf("%s: give %s a place on the drawing", drawing, names[0])
			continue
		}
		drawn[from] = true
		for i, name := range names[1:] {
			if !strings.HasPrefix(strings.Fields(pkg)[i+1], module) {
				continue
			}
			to := place(name)
			switch {
			case to == nil: // reported as a package
			case from.room == to.room && from.line >= to.line:
				t.Errorf("%s imports %s, which is not below it on the drawing in %s", names[0], name, drawing)
			case from.room != to.room && !slices.Contains(mayImport[from.room], to.room):
				t.Errorf("%s imports %s: %s may not import %s, says %s", names[0], name, from.room, to.room, drawing)
			}
		}
	}
	for i := range floors {
		if !drawn[&floors[i]] {
			t.Errorf("%s:%d: %s is gone", drawing, floors[i].line, floors[i].packages)
		}
	}
}

// TestComments: the comment of every package says what it imports, or who may import it.
func TestComments(t *testing.T) {
	dirs, err := exec.Command("go", "list", "-f", "{{if .GoFiles}}{{.Dir}}{{end}}", "../...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dir := range strings.Lines(string(dirs)) {
		files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(dir), "*.go"))
		comment := ""
		for _, file := range files {
			if f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments); err == nil {
				comment += f.Doc.Text()
			}
		}
		if !strings.Contains(comment, "import") {
			t.Errorf("%s: say in the package's comment what it imports and who may import it", strings.TrimSpace(dir))
		}
	}
}

// readDrawing reads the code block below the heading Packages. A room begins at the margin, as in
// "analysis may import: schema", and its floors are indented, with their packages before a "#".
func readDrawing(t *testing.T) (floors []floor, mayImport map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(drawing)
	if err != nil {
		t.Fatal(err)
	}
	mayImport = map[string][]string{}
	room, inSection, inBlock := "", false, false
	for i, line := range strings.Split(string(text), "\n") {
		code, _, _ := strings.Cut(line, "#")
		switch {
		case strings.HasPrefix(line, "## "):
			inSection = line == "## Packages"
		case strings.HasPrefix(line, "```"):
			inBlock = inSection && !inBlock
		case !inBlock || strings.TrimSpace(code) == "":
		case !strings.HasPrefix(line, " "):
			name, rooms, _ := strings.Cut(code, "may import:")
			room = strings.TrimSpace(name)
			mayImport[room] = strings.Fields(rooms)
		default:
			floors = append(floors, floor{room, i + 1, strings.Fields(code)})
		}
	}
	return floors, mayImport
}
