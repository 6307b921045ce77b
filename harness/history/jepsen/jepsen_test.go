package jepsen

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// load is Load of a text.
func load(t *testing.T, text string) ([]history.Entry, Form, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	entries, form, err := Load(path)
	if err != nil {
		err = fmt.Errorf("%s", strings.TrimPrefix(err.Error(), path))
	}
	return entries, form, err
}

// op is an operation of a Jepsen history: on the only register, of value id with the label.
func op(client, seq uint64, kind protocols.Op, start, end int64, id uint64, label string) history.Entry {
	e := history.Entry{
		Client: client, Seq: seq, Key: onlyKey, Op: kind, Start: start, End: end, Outcome: history.OK,
		Value: workloads.ID{Seq: id}, Label: label, Bottom: kind == protocols.Read && id == 0,
	}
	if end == history.Forever {
		e.Outcome, e.Bottom = history.Pending, false
	}
	return e
}

// The same history in all forms. Of the fail, nothing is left.
const (
	ednHistory = `
; a register
{:process 0, :type :invoke, :f :write, :value 5, :time 100, :index 0}
{:process 1, :type :invoke, :f :read, :value nil, :time 110, :index 1}
{:process 0, :type :ok, :f :write, :value 5, :time 130, :index 2, :extra {[1 2] #{3}}}
#jepsen.history.Op{:process 1, :type :ok, :f :read, :value nil, :time 140, :index 3}
{:process :nemesis, :type :info, :f :start, :value [:isolated {"n1" #{"n2"}}]}
{:process 2, :type :invoke, :f :write, :value 6, :time 150, :index 4}
{:process 2, :type :info, :f :write, :value 6, :error :timeout, :time 160, :index 5}
{:process 0, :type :invoke, :f :read, :time 180, :index 6}
{:process 3, :type :invoke, :f :write, :value 7, :time 185, :index 7}
{:process 3, :type :fail, :f :write, :value 7, :time 186, :index 8}
{:process 0, :type :ok, :f :read, :value 5, :time 190, :index 9}
`
	jsonHistory = `
{"process": 0, "type": "invoke", "f": "write", "value": 5, "time": 100}
{"process": 1, "type": "invoke", "f": "read", "value": null, "time": 110}
{"process": 0, "type": "ok", "f": "write", "value": 5, "time": 130}
{"process": 1, "type": "ok", "f": "read", "value": null, "time": 140}
{"process": 2, "type": "invoke", "f": "write", "value": 6, "time": 150}
{"process": 2, "type": "info", "f": "write", "value": 6, "error": ["timeout", {}], "time": 160}
{"process": 0, "type": "invoke", "f": "read", "time": 180}
{"process": 3, "type": "invoke", "f": "write", "value": 7, "time": 185}
{"process": 3, "type": "fail", "f": "write", "value": 7, "time": 186}
{"process": 0, "type": "ok", "f": "read", "value": 5, "time": 190}
{"process": "nemesis", "type": "info", "f": "stop"}
`
)

func TestLoadJepsen(t *testing.T) {
	want := []history.Entry{
		op(0, 0, protocols.Write, 0, 30, 1, "5"),
		op(1, 1, protocols.Read, 10, 40, 0, ""),
		op(2, 4, protocols.Write, 50, history.Forever, 2, "6"),
		op(0, 6, protocols.Read, 80, 90, 1, "5"),
	}
	lines := strings.Split(strings.TrimSpace(ednHistory), "\n")
	slices.Reverse(lines)
	for _, test := range []struct {
		name, text string
		form       Form
	}{
		{"EDN maps", ednHistory, EDN},
		{"EDN vector", "[" + strings.ReplaceAll(ednHistory, "}\n", "},\n") + "]\n; the end", EDN},
		{"EDN in one line", "[" + strings.ReplaceAll(ednHistory[len("\n; a register"):], "\n", " ") + "]", EDN},
		{"EDN in the order of its indexes", strings.Join(lines, "\n"), EDN},
		{"EDN, compressed", compressed(t, ednHistory), EDN},
		{"JSON maps", jsonHistory, JSON},
		{"JSON vector", "[" + strings.ReplaceAll(strings.TrimSpace(jsonHistory), "\n", ",\n") + "]", JSON},
		{"JSON, compressed", compressed(t, jsonHistory), JSON},
	} {
		got, form, err := load(t, test.text)
		if err != nil || form != test.form || !slices.Equal(got, want) {
			t.Errorf("%s: form %s, error %v\ngot  %+v\nwant %+v", test.name, form, err, got, want)
		}
	}
}

func TestLoadJepsenKeys(t *testing.T) {
	const tuples = `
{:process 0 :type :invoke :f :write :value [:x 1]} {:process 0 :type :ok :f :write :value [:x 1]}
{:process 0 :type :invoke :f :read :value ["y" nil]} {:process 0 :type :ok :f :read :value ["y" nil]}
{:process 0 :type :invoke :f :read :value [:x nil]} {:process 0 :type :ok :f :read :value [:x 1]}`
	const keys = `
{:process 0 :type :invoke :f :write :value 1 :key :x} {:process 0 :type :ok :f :write :value 1 :key :x}
{:process 0 :type :invoke :f :read :key "y"} {:process 0 :type :ok :f :read :value nil :key "y"}
{:process 0 :type :invoke :f :read} {:process 0 :type :ok :f :read :value 1 :key :x}`
	want := []history.Entry{
		op(0, 0, protocols.Write, 0, 1, 1, "1"),
		op(0, 2, protocols.Read, 2, 3, 0, ""),
		op(0, 4, protocols.Read, 4, 5, 1, "1"),
	}
	want[0].Key, want[1].Key, want[2].Key = ":x", `"y"`, ":x"
	for name, text := range map[string]string{"tuples": tuples, "keys": keys} {
		if got, _, err := load(t, text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: error %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
}

// Different values stay different, whatever they are.
func TestLoadJepsenValues(t *testing.T) {
	values := []string{
		"1", "-1", "1.5", `"1"`, ":a", `":a"`, "a", "true", `\a`, "99999999999999999999N", "[]", "[1 nil 2]", `["1" nil 2]`,
	}
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "{:process 0 :type :invoke :f :write :value %s :key 1}\n{:process 0 :type :ok :f :write :key 1}\n", v)
	}
	got, _, err := load(t, b.String())
	if err != nil || len(got) != len(values) {
		t.Fatalf("%d operations, error %v", len(got), err)
	}
	for i, e := range got {
		if e.Value.Seq != uint64(i+1) {
			t.Errorf("%s, written as %s, is value %v", e.Label, values[i], e.Value)
		}
	}
}

func TestLoadSaysWhatIsWrongAndWhere(t *testing.T) {
	const begin = "{:process 3 :type :invoke :f :write :value 1}\n"
	const end = "{:process 3 :type :ok :f :write}\n"
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", ":1: no operations: want maps such as {:process"},
		{"no maps", "[]", ":1: no operations"},
		{"vector not closed", "[" + begin + end, ":3: cut off: the vector"},
		{"map not closed", begin + end[:12], ":2: not an operation: cut off"},
		{"JSON not closed", `[{"process": 1`, ":1: not an operation: cut off"},
		{"compressed, cut off", compressed(t, begin+end)[:30], ":1: "},
		{"not EDN", begin + "{:a @}", ":2: not an operation: "},
		{"not a map", begin + "5", ":2: 5 is not an operation"},
		{"closed twice", begin + "]", ":2: not an operation"},
		{"cas", "\n\n{:process 1 :type :invoke :f :cas :value [1 2]}", ":3: f is cas, and only reads and writes"},
		{"another f", "{:process 1 :type :invoke :f :txn}", ":1: f is :txn, want read or write"},
		{"no process", "{:type :invoke :f :read}", ":1: process is missing"},
		{"odd process", "{:process -1 :type :invoke :f :read}", ":1: process is -1, want a number"},
		{"odd type", "{:process 1 :type :begin :f :read}", ":1: type is :begin, want invoke"},
		{"no type", "{:process 1 :f :read}", ":1: type is <nil>"},
		{"odd time", `{"process": 1, "type": "invoke", "f": "read", "time": 1.5}`, ":1: time is 1.5, want an integer"},
		{"odd index", "{:process 1 :type :invoke :f :read :index :a}", ":1: index is :a, want an integer"},
		{"odd value", "{:process 1 :type :invoke :f :write :value {:a 1}}", ":1: value: map[:a:1] is neither"},
		{"odd key", "{:process 1 :type :invoke :f :write :value 1 :key #{1}}", ":1: key: "},
		{"write of nil", "{:process 1 :type :invoke :f :write :value nil}", ":1: a write of nil"},
		{"two at a time", begin + begin, ":2: process 3 invokes a write, but its write of line 1 has not ended"},
		{"end alone", end, ":1: process 3 ends a write that it did not invoke"},
		{"end twice", begin + end + end, ":3: process 3 ends a write that it did not invoke"},
		{
			"end of another", begin + "{:process 3 :type :ok :f :read :value 1}",
			":2: process 3 ends a read, but what it invoked in line 1 is a write",
		},
		{"end with another value", begin + "{:process 3 :type :ok :f :write :value 2}", ":2: the write of 1 in line 1 ended as"},
		{
			"end with another key", "{:process 3 :type :invoke :f :read :key 1}\n{:process 3 :type :ok :f :read :key 2}",
			":2: key is 2, but that of the invocation in line 1 is 1",
		},
		{
			"end before start", strings.ReplaceAll(begin+end, ":value 1", ":value 1 :time 9")[:len(begin)+7] +
				"\n{:process 3 :type :ok :f :write :time 5}", ":2: time is 4 ns before",
		},
		{"after a map of two lines", strings.Replace(begin, ":f", "\n:f", 1) + "5", ":3: 5 is not"},
		{"some keys", begin + end + "{:process 3 :type :invoke :f :write :value [1 2]}", ":3: lines 3 and 1: one has a key"},
		{"own history of another version", `{"format":"powbench-history","version":9}`, ":1: history of version 9"},
		{"own history, broken", `{"format":"powbench-history","version":1}` + "\nx", ":2: not an operation"},
	} {
		_, _, err := load(t, test.text)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
	if _, _, err := Load(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("no error for a missing file")
	}
}

func TestLoadOwn(t *testing.T) {
	h := []history.Entry{op(1, 1, protocols.Write, 1, 2, 7, ""), op(2, 1, protocols.Read, 3, 4, 7, "")}
	path := filepath.Join(t.TempDir(), "h.jsonl.gz")
	if err := history.WriteFile(path, h); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(gz)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(packed), string(plain)} {
		if got, form, err := load(t, text); err != nil || form != Own || !slices.Equal(got, h) {
			t.Errorf("form %s, error %v, entries %v", form, err, got)
		}
	}
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	if _, err := gz.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
