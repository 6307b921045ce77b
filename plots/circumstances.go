package plots

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// circumstancesTable is whatever the manifests say differently of how A and B were measured.
func circumstancesTable(a, b result.Manifest) (Table, error) {
	t := Table{Title: "Different circumstances", Header: []string{"what", "A", "B"}}
	inA, err := recorded(a)
	if err != nil {
		return t, err
	}
	inB, err := recorded(b)
	if err != nil {
		return t, err
	}
	all := maps.Clone(inA)
	maps.Copy(all, inB)
	for _, what := range slices.Sorted(maps.Keys(all)) {
		if inA[what] != inB[what] {
			t.Rows = append(t.Rows, []string{what, orDash(inA[what]), orDash(inB[what])})
		}
	}
	if len(t.Rows) == 0 {
		t.Rows = [][]string{{missing, missing, missing}}
	}
	return t, nil
}

// recorded is what the manifest says of circumstances, by the path of the field, without what is measured or says only when and
// how the run was started.
func recorded(m result.Manifest) (map[string]string, error) {
	m.Started, m.Finished, m.ConfigFile = "", "", ""
	m.Testbed.Before, m.Testbed.After, m.Testbed.DelaysBefore, m.Testbed.DelaysAfter = nil, nil, nil, nil
	m.Searches = nil
	m.Machine.DataDisk = fileSystem(m.Machine)
	if m.Outside != nil {
		outside := *m.Outside
		outside.DataDisk = fileSystem(outside)
		m.Outside = &outside
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var fields any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // of seeds, a float64 loses digits
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	flat := map[string]string{}
	flatten(flat, "", fields)
	delete(flat, "title")
	delete(flat, "config.title")
	return flat, nil
}

// fileSystem is the kind of the data disk, without how much room there is.
func fileSystem(m result.Machine) string {
	kind, _, _ := strings.Cut(m.DataDisk, ",")
	return kind
}

// flatten collects the values below x by their paths, as in "testbed.delays.0.mean_ms"; a list without structure is one.
func flatten(into map[string]string, path string, x any) {
	below := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch x := x.(type) {
	case map[string]any:
		for name, value := range x {
			flatten(into, below(name), value)
		}
	case []any:
		if allOf(x, isScalar) {
			into[path] = strings.Trim(fmt.Sprint(x), "[]")
			return
		}
		for i, value := range x {
			flatten(into, below(fmt.Sprint(i)), value)
		}
	case nil:
	default:
		into[path] = fmt.Sprint(x)
	}
}

func isScalar(x any) bool {
	switch x.(type) {
	case map[string]any, []any:
		return false
	default:
		return true
	}
}
