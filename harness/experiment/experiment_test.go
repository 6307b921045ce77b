package experiment

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml/token"

	"github.com/powbench/powbench/harness/costs"
)

// load reads text as an experiment file by the name of x.yaml.
func load(t *testing.T, text string) (*Experiment, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load("x.yaml")
}

func mustLoad(t *testing.T, text string) *Experiment {
	t.Helper()
	e, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lists are lists in errors that grow with what there is.
var lists = strings.NewReplacer(strings.Join(systems(), ", "), "PROTOCOLS",
	strings.Join(costs.Names(), ", "), "SCHEMES")

// Every case is a file; what it comes to, or the error that refuses it, is compared with the text behind it.
func TestFiles(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			out, err := output(t, d)
			if err != nil {
				return lists.Replace(err.Error()) + "\n"
			}
			return out
		})
	})
}

func output(t *testing.T, d *datadriven.TestData) (string, error) {
	var out bytes.Buffer
	if d.Cmd == "costs" {
		c, err := loadCosts(t, d.Input)
		if err != nil {
			return "", err
		}
		data, err := json.Marshal(c)
		return string(data) + "\n", err
	}
	e, err := load(t, d.Input)
	if err != nil {
		return "", err
	}
	switch d.Cmd {
	case "load":
		return "accepted\n", nil
	case "plan":
		err = e.WritePlan(&out)
		return out.String(), err
	case "quick":
		if e, err = e.Quick(); err != nil {
			return "", err
		}
	}
	data, err := json.Marshal(e)
	return strings.ReplaceAll(string(data), `,"`, ",\n \"") + "\n", err
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "none.yaml: no such file: name an experiment",
		dir:                             ": this is a folder: name an experiment in it",
		large:                           "large.yaml: 262145 bytes are too many",
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q) = %v, want %q", path, err, want)
		}
	}
}

// A byte-order mark says nothing.
func TestByteOrderMark(t *testing.T) {
	plain, err := os.ReadFile("../../configs/smoke.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a, err := load(t, string(plain))
	b, wrong := load(t, "\ufeff"+string(plain))
	if err != nil || wrong != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%v, %v: with a mark %+v, without one %+v", err, wrong, b, a)
	}
}

// The caret stands below its column also behind tabs and letters of several bytes, and never behind the line's end.
func TestSnippet(t *testing.T) {
	for column, want := range map[int]string{
		1: "\n   1 | ö\tb\n     | ^", 3: "\n   1 | ö\tb\n     |  \t^", 9: "\n   1 | ö\tb\n     |  \t ^",
	} {
		if got := snippet([]byte("ö\tb\r\n"), &token.Position{Line: 1, Column: column}); got != want {
			t.Errorf("column %d: %q, want %q", column, got, want)
		}
	}
}

// configs are the files in configs/ that are experiments.
func configs(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return !bytes.Contains(data, []byte("\nexperiment: "))
	})
	if len(files) == 0 {
		t.Fatal("no experiments in configs/")
	}
	return files
}

// The JSON form is a complete experiment file: reading it gives the same experiment, whatever the defaults become.
func TestJSONIsAFile(t *testing.T) {
	for _, file := range configs(t) {
		e, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		expanded := []*Experiment{e}
		if e.quick != nil {
			q, err := e.Quick()
			if err != nil {
				t.Fatal(err)
			}
			expanded = append(expanded, q)
		}
		for _, e := range expanded {
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			again, err := decode(data)
			if err != nil {
				t.Fatalf("%s: %v\n%s", file, err, data)
			}
			want := *e
			want.quick, want.file = nil, ""
			if !reflect.DeepEqual(again, &want) {
				t.Errorf("%s comes back as\n%+v\nnot as\n%+v", file, again, want)
			}
		}
	}
}

// The figures fit into the time that people have for them.
func TestBudgets(t *testing.T) {
	checkBudget(t, 80*time.Minute, 270*time.Second, "fig2a", "fig2b", "fig2c")
	checkBudget(t, 45*time.Minute, 5*time.Minute, "fig2d", "wan")
	checkBudget(t, 5*time.Minute, 2*time.Minute, "table3")
}

func checkBudget(t *testing.T, mostFull, mostQuick time.Duration, figures ...string) {
	t.Helper()
	var full, quick time.Duration
	for _, figure := range figures {
		e, err := Load("../../configs/" + figure + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		full += estimate(t, e)
		q, err := e.Quick()
		if err != nil {
			t.Fatal(err)
		}
		quick += estimate(t, q)
		if len(q.Protocols) < 3 || len(q.Operations) < 2 {
			t.Errorf("%s: the quick run leaves out a protocol or an operation", figure)
		}
		if strings.TrimPrefix(e.Name, "fig") != e.Figure {
			t.Errorf("%s is figure %s", e.Name, e.Figure)
		}
	}
	if full > mostFull || quick > mostQuick {
		t.Errorf("%v take %v and %v quick, want at most %v and %v", figures, full, quick, mostFull, mostQuick)
	}
}
