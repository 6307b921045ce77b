package experiment

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
)

const manual = "../../docs/experiments.md"

// The manual has a row for each key, and the row names the key's default.
func TestManualNamesKeysAndDefaults(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(defaults())
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	checkRows(t, string(text), "", keys)
}

func checkRows(t *testing.T, text, prefix string, keys map[string]any) {
	t.Helper()
	for key, v := range keys {
		if nested, ok := v.(map[string]any); ok {
			checkRows(t, text, prefix+key+".", nested)
			continue
		}
		want := strings.ReplaceAll(fmt.Sprint(v), " ", ", ")
		row := regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(prefix+key) + "` \\|.*$").FindString(text)
		if !strings.Contains(row, "| `"+want+"` |") {
			t.Errorf("%s: the row of %s%s does not give its default %s:\n%s", manual, prefix, key, want, row)
		}
	}
}

// The manual has a row for each key, also for those without a default.
func TestManualNamesAllKeys(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	var e Experiment
	var quick ast.Node
	for key := range e.keys(&quick) {
		checkRow(t, string(text), key)
	}
	for key := range arrivalKeys(&e.Arrival) {
		checkRow(t, string(text), "arrival."+key)
	}
	for key := range e.Testbed.keys() {
		checkRow(t, string(text), "testbed."+key)
	}
	for key := range e.Testbed.Delay.keys() {
		checkRow(t, string(text), "testbed.delay."+key)
	}
}

func checkRow(t *testing.T, text, key string) {
	t.Helper()
	if !strings.Contains(text, "\n| `"+key+"` |") && !strings.Contains(text, "\n| `"+key+".") {
		t.Errorf("%s has no row for %s", manual, key)
	}
}

// The manual's whole examples are files that Load accepts.
func TestManualsExamples(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(examples) == 0 {
		t.Fatalf("%s has no examples", manual)
	}
	for _, example := range examples {
		if _, err := decode([]byte(example[1])); err != nil {
			t.Errorf("%v\n%s", err, example[1])
		}
	}
}

// The manual's section on files of costs has a row for each key with its default, and one for each scheme.
func TestManualOnCosts(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## A file of costs\n")
	section, _, _ = strings.Cut(section, "\n## ")
	c := defaultCosts()
	for key := range c.keys() {
		checkRow(t, section, key)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	delete(keys, "costs") // has no default
	keys["schemes"] = "all"
	checkRows(t, section, "", keys)
	_, example, _ := strings.Cut(section, "```\n")
	example, _, _ = strings.Cut(example, "```")
	shown, err := decodeCosts([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	configured, err := LoadCosts("../../configs/table1.yaml")
	if err != nil || !reflect.DeepEqual(shown, configured) {
		t.Errorf("the manual shows %+v, the file is %+v, %v", shown, configured, err)
	}
}
