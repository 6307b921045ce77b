package jepsen

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
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
	h, err := Load(path, Options{})
	if err != nil {
		err = fmt.Errorf("%s", strings.TrimPrefix(err.Error(), path))
	}
	return h.Entries, h.Form, err
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

// A history of compare-and-sets, in EDN and as lines.
func TestLoadCAS(t *testing.T) {
	const maps = `
{:process 0 :type :invoke :f :write :value 1} {:process 0 :type :ok :f :write :value 1}
{:process 1 :type :invoke :f :cas :value [1 2]} {:process 1 :type :ok :f :cas :value [1 2]}
{:process 1 :type :invoke :f :cas :value [7 8]} {:process 1 :type :fail :f :cas :value [7 8]}
{:process 0 :type :invoke :f :read :value nil} {:process 0 :type :ok :f :read :value 2}`
	const lines = "0\t:invoke\t:write\t1\n0\t:ok\t:write\t1\n" +
		"2026-11-29 INFO\t[jepsen worker 1] jepsen.util: 1 :invoke :cas [1 2]\nINFO  jepsen.core - something else\nINFO  jepsen.util - 1 :ok :cas [1 2]\n" +
		"INFO  jepsen.util - :nemesis :info :start Cut off {\"n1\" #<x>\n" +
		"INFO  jepsen.util - 1 :invoke :cas [7 8]\nINFO  jepsen.util - 1 :fail :cas [7 8]\n" +
		"0\t:invoke\t:read\tnil\n0\t:ok\t:read\t2\n1\t:invoke\t:write\t9\n1\t:info\t:write\t:timed-out\n" +
		"2\t:invoke\t:cas\t[2 5]\n2\t:fail\t:cas\t[2 5]\t:connection-refused\n"
	for name, c := range map[string]struct {
		text string
		form Form
		ops  int
	}{"maps": {maps, EDN, 3}, "lines": {lines, Lines, 5}} {
		got, form, err := load(t, c.text)
		if err != nil || form != c.form || len(got) != c.ops {
			t.Fatalf("%s: form %s, error %v, %+v", name, form, err, got)
		}
		if e := got[1]; e.Op != history.CAS || e.Foreign.Was != got[0].Value || e.Label != "2" || e.Outcome != history.OK {
			t.Errorf("%s: %+v", name, e)
		}
		if r := history.CheckValues(got, time.Minute); r.Code != result.Linearizable || r.Checker != history.PorcupineChecker {
			t.Errorf("%s: %+v", name, r)
		}
		if form == Lines && (!got[2].Foreign.Refused || got[4].Outcome != history.Pending) {
			t.Errorf("%+v", got)
		}
	}
	// It compares with what nobody wrote, or says that it found another value when it did not.
	for _, text := range []string{
		strings.ReplaceAll(maps, "[1 2]", "[3 2]"), strings.ReplaceAll(lines, "[7 8]", "[2 8]"), strings.ReplaceAll(maps, ":read :value 2", ":read :value 1"),
	} {
		got, _, err := load(t, text)
		if r := history.CheckValues(got, time.Minute); err != nil || r.Code != result.Violation {
			t.Errorf("%v, %+v of %s", err, r, text)
		}
	}
}

// The order of the lines, or of indexes, counts where times do not tell events apart; times count where they contradict it.
func TestOrder(t *testing.T) {
	text := func(times ...int64) string {
		var b strings.Builder
		for i, e := range []string{"0 :type :invoke :f :write :value 1", "0 :type :ok :f :write", "1 :type :invoke :f :read", "1 :type :ok :f :read"} {
			fmt.Fprintf(&b, "{:process %s :time %d}\n", e, times[i])
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		times []int64
		code  result.VerdictCode
		order string
	}{
		"rising":            {[]int64{1, 2, 3, 4}, result.Violation, ""},
		"all alike":         {[]int64{0, 0, 0, 0}, result.Violation, "the lines of the file, as :time does not tell all events apart"},
		"none":              {[]int64{-1, -1, -1, -1}, result.Violation, "the lines of the file, as :time does not tell all events apart"},
		"coarse":            {[]int64{1, 1, 1, 2}, result.Violation, "the lines of the file, as :time does not tell all events apart"},
		"against the lines": {[]int64{5, 9, 1, 6}, result.Linearizable, ":time, as it contradicts the lines of the file"},
	} {
		path := filepath.Join(t.TempDir(), "h")
		if err := os.WriteFile(path, []byte(text(c.times...)), 0o644); err != nil {
			t.Fatal(err)
		}
		h, err := Load(path, Options{})
		if err != nil || h.Order != c.order {
			t.Errorf("%s: order %q, %v", name, h.Order, err)
		}
		if r := history.CheckValues(h.Entries, time.Minute); r.Code != c.code {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// What looks like the form of another, or has more in it than operations.
func TestLoadOddForms(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		form Form
	}{
		"a map of several lines": {"{:process 0\n :type :invoke :f :read}\n{:process 0\n :type :ok :f :read :value nil}", EDN},
		"a log that begins otherwise": {
			"INFO  jepsen.core - Everything looks good\n\tat jepsen.core\nINFO  jepsen.util - Waiting\nINFO  jepsen.util - 0 :invoke :read nil\n" +
				"INFO  jepsen.util - 0 :ok :read nil\n", Lines,
		},
		"what is discarded":         {"#_{:a 1} {:process 0 :type #_:ok :invoke #_#_:f :write :f :read} ; {\n{:process 0 :type :ok :f :read #_ 7}", EDN},
		"keys that are no keywords": {`{:process 0 :type :invoke :f :read "process" 7 [1] \} #{} "\"}"}{:process 0 :type :ok :f :read}`, EDN},
		"a tag with a gap":          {"#jepsen.history.Op {:process 0 :type :invoke :f :read}#jepsen.history.Op{:process 0 :type :ok :f :read}", EDN},
		"JSON with escapes":         {`{"pro\u0063ess": 0, "type": "invoke", "f": "read", "error": "\"}"} {"process": 0, "type": "ok", "f": "read"}`, JSON},
	} {
		got, form, err := load(t, c.text)
		if err != nil || form != c.form || len(got) != 1 || got[0].Op != protocols.Read || !got[0].Bottom {
			t.Errorf("%s: form %s, error %v, %+v", name, form, err, got)
		}
	}
}

// Processes may have names, registers a value from the beginning, lists stand for vectors, and a byte-order mark for nothing.
func TestLoadOptions(t *testing.T) {
	const reads = `({:process "reader" :type :invoke :f :read} {:process "reader" :type :ok :f :read :value 0}
		{:process "chaos" :type :info :f :kill} {:process :nemesis :type :info :f :start}
		{:process 0 :type :invoke :f :write :value 0} {:process 0 :type :fail :f :write :value 0})`
	path := filepath.Join(t.TempDir(), "h")
	if err := os.WriteFile(path, []byte("\ufeff"+reads), 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := Load(path, Options{Initial: "0", Ignore: []string{"chaos"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := history.CheckValues(h.Entries, time.Minute); r.Code != result.Linearizable || len(h.Entries) != 2 {
		t.Errorf("%+v of %+v", r, h.Entries)
	}
	want := []string{"left out: events of chaos: 1, nemesis: 1", "registers hold 0 at first", "left out: 1 operations that failed"}
	if got := h.Notes(); !slices.Equal(got, want) {
		t.Errorf("notes %q, want %q", got, want)
	}
	if _, err := Load(path, Options{}); err == nil || !strings.Contains(err.Error(), "kill") {
		t.Errorf("a process that is no client: %v", err)
	}
}

// Numbers are alike in EDN and JSON, and integers are other values than decimals.
func TestNumbers(t *testing.T) {
	for edn, json := range map[string]string{"42": "42", "42.0": "42.0", "1e3": "1000.0", "0.5": "5e-1", "-0": "-0", "-99999999999999999999": "-99999999999999999999", "99999999999999999999N": "99999999999999999999"} {
		a, _, err := load(t, "{:process 0 :type :invoke :f :write :value "+edn+"}")
		b, _, wrong := load(t, `{"process": 0, "type": "invoke", "f": "write", "value": `+json+`}`)
		if err != nil || wrong != nil || a[0].Label != b[0].Label {
			t.Errorf("%s and %s are not alike: %v, %v, %+v, %+v", edn, json, err, wrong, a, b)
		}
		if whole := !strings.ContainsAny(edn, ".e"); strings.ContainsAny(a[0].Label, ".e") == whole {
			t.Errorf("%s became %s", edn, a[0].Label)
		}
	}
}

// Long values, and characters that a terminal would obey, are not shown as they are, and stay different.
func TestShown(t *testing.T) {
	long := strings.Repeat("x", 5_000_000)
	got, _, err := load(t, `{:process 0 :type :invoke :f :write :value "`+long+`a"} {:process 1 :type :invoke :f :write :value "`+long+`b"}`)
	if err != nil || got[0].Value == got[1].Value || len(got[0].Label) > 200 || !strings.Contains(got[0].Label, "5000003 characters") {
		t.Errorf("%v, %.300v", err, got)
	}
	_, _, err = load(t, "{:process 0 :type :\x1b[31m :f :read}")
	if err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("the message has control characters: %q", err)
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

// The verdicts on etcd's histories that come with porcupine are those of porcupine's own tests, whose model is another.
func TestEtcd(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/anishathalye/porcupine").Output()
	files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "test_data", "jepsen", "etcd_*.log"))
	if err != nil || len(files) < 100 {
		t.Skipf("porcupine's histories are not here: %d files, %v", len(files), err)
	}
	linearizable := strings.Fields("002 005 007 018 025 031 038 045 048 049 051 053 056 067 075 076 080 087 092 098 100 101 102")
	const empty = "095"
	for _, file := range files {
		number := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "etcd_"), ".log")
		h, err := Load(file, Options{})
		if number == empty {
			if err == nil || !strings.Contains(err.Error(), "no operations") {
				t.Errorf("%s has no operations: %v", number, err)
			}
			continue
		}
		want := result.Violation
		if slices.Contains(linearizable, number) {
			want = result.Linearizable
		}
		if r := history.CheckValues(h.Entries, time.Minute); err != nil || r.Code != want {
			t.Errorf("%s: %s %s, %v, want %s", number, r.Code, r.Detail, err, want)
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
		{"compressed, cut off", compressed(t, begin+end)[:30], ":1: the compressed file ends early"},
		{"not EDN", begin + "{:a @}", ":2: not an operation: @: invalid character"},
		{"controls", "\x1b hello", ":1: not an operation: \ufffd: "},
		{"controls in a value", "{:process 1 :type :invoke :f :write :value {:a \"\x1b\"}}", ":1: value: map[:a:\ufffd] is neither"},
		{"a number without end", "{:process " + strings.Repeat("9", 1_000_000) + "}", ":1: process is 9999"},
		{"not a map", begin + "5", ":2: 5 is not an operation"},
		{"closed twice", begin + "]", ":2: not an operation"},
		{"odd cas", "\n\n{:process 1 :type :invoke :f :cas :value 2}", ":3: value of a cas is 2, want a vector of the old value"},
		{"cas to nil", "{:process 1 :type :invoke :f :cas :value [1 nil]}", ":1: a cas of nil"},
		{"transactions", "{:process 1 :type :invoke :f :txn :value [[:r 1 nil]]}", ":1: f is txn: transactions of several"},
		{"micro-operations", "{:process 1 :type :invoke :f :read :value [[:r 1 nil] [:w 2 3]]}", ":1: value is [[:r 1 nil] [:w 2 3]]: transactions"},
		{"named process", "{:process :clock :type :info :f :bump}", `:1: f is :bump, want read, write or cas: only histories of registers can be checked; if process "clock" is no client, leave it out: --ignore clock`},
		{"negative index", "{:process 1 :type :invoke :f :read :index -1}", ":1: index is -1, want a number from 0"},
		{"half a character", `{"process": 1, "type": "invoke", "f": "write", "value": "\ud800"}`, ":1: not an operation: \"\\ud800\" has half a pair"},
		{"times too far apart", begin[:len(begin)-2] + " :time -9223372036854775808}\n{:process 3 :type :ok :f :write :time 9223372036854775807}", ":2: time is"},
		{"value cut off", "{:process", ":1: not an operation: cut off"},
		{"brackets that do not match", "{:process [1 2} 3]}", ":1: not an operation"},
		{"not JSON", `{"process" 1}`, ":1: "},
		{"JSON with colons", `{"process": 1, "type": ":ok"}`, `:1: type is ":ok", want invoke`},
		{"discarded without end", strings.Repeat("#_", 1_000_000), ":1: values lie in one another more than 100 deep"},
		{"another f", "{:process 1 :type :invoke :f :append}", ":1: f is :append, want read, write or cas"},
		{"key twice", begin + "{:process 3 :type :ok :process 4 :f :write}", ":2: the key :process is there twice"},
		{"JSON key twice", `[{"process": 1, "process": 2}]`, `:1: the key "process" is there twice`},
		{"index twice", "{:process 3 :type :invoke :f :read :index 0}\n{:process 3 :type :ok :f :read :index 0}", ":2: index 0 is that of line 1"},
		{"nemesis alone", "{:process :nemesis :type :info :f :start}\n{:process :nemesis :type :info :f :stop}", ":1: no operations: all 2 maps"},
		{"not UTF-8", begin + "{:process 3 :type :ok :f :write :error \"\xff\"}", ":2: it is not UTF-8"},
		{"UTF-16", "\xff\xfe{\x00:\x00", ":1: it is UTF-16 text: convert it"},
		{"UTF-16 without mark", "{\x00:\x00p\x00", ":1: it is no text, or in an encoding other"},
		{"zstd", "\x28\xb5\x2f\xfd....", ":1: it is compressed by zstd: decompress"},
		{"deep", strings.Repeat("(", 10_000_000), ":1: values lie in one another more than 100 deep"},
		{"tagged", strings.Repeat("#a ", 100_000), ":1: values lie in one another more than 100 deep"},
		{"deep value", begin + "{:a " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}", ":2: values lie in one"},
		{"odd line", "0\t:invoke\t:read\tnil\nsomething else", ":2: something else is not an event"},
		{"no process", "{:type :invoke :f :read}", ":1: process is missing"},
		{"odd process", "{:process -1 :type :invoke :f :read}", ":1: process is -1, want a number"},
		{"odd type", "{:process 1 :type :begin :f :read}", ":1: type is :begin, want invoke"},
		{"no type", "{:process 1 :f :read}", ":1: type is <nil>"},
		{"odd time", `{"process": 1, "type": "invoke", "f": "read", "time": 1.5}`, ":1: time is 1.5, want a whole number of ns"},
		{"odd index", "{:process 1 :type :invoke :f :read :index :a}", ":1: index is :a, want a whole number of 64"},
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
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || len(err.Error()) > 500 {
			t.Errorf("%s: error %.500v, want %s", test.name, err, test.want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "missing"), Options{}); err == nil {
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
