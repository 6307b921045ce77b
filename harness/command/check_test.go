package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// These two are the examples of docs/correctness.md.
const (
	staleEDN = `{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok,     :f :write, :value 1}
{:process 0, :type :invoke, :f :write, :value 2}
{:process 0, :type :ok,     :f :write, :value 2}
{:process 1, :type :invoke, :f :read,  :value nil}
{:process 1, :type :ok,     :f :read,  :value 1}
`
	freshJSON = `[{"process": 0, "type": "invoke", "f": "write", "value": ["x", 1], "time": 100},
 {"process": 1, "type": "invoke", "f": "read", "value": ["x", null], "time": 120},
 {"process": 1, "type": "ok", "f": "read", "value": ["x", 1], "time": 180},
 {"process": 0, "type": "info", "f": "write", "value": ["x", 1], "time": 200}]
`
)

// files writes the texts into files and returns their paths.
func files(t *testing.T, texts ...string) []string {
	t.Helper()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(t.TempDir(), string(rune('a'+i)))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// twice writes 1 a second time, so that values are not unique.
const twice = `{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok,     :f :write, :value 1}
`

func TestCheck(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own")
	if err := history.WriteFile(own, []history.Entry{{
		Client: 1, Seq: 1, Key: "k", Op: protocols.Write, Start: 1, End: 2, Outcome: history.OK,
		Timestamp: protocols.Timestamp{Num: 1, PID: 1}, Value: workloads.ID{Client: 1, Seq: 1},
	}}); err != nil {
		t.Fatal(err)
	}
	jepsen := files(t, staleEDN, freshJSON, staleEDN+twice, twice+twice)
	stale, fresh, staleTwice, goodTwice := jepsen[0], jepsen[1], jepsen[2], jepsen[3]
	for _, test := range []struct {
		name string
		args []string
		code int
		want []string // in the output
	}{
		{"own", []string{own}, command.Done, []string{own + ": ok (timestamp+zone, 1 operations)\n"}},
		{
			"own, by porcupine too",
			[]string{"--porcupine", own},
			command.Done,
			[]string{"ok (timestamp+zone, 1 operations)\n", "ok (porcupine, 1 operations)\n"},
		},
		{"JSON", []string{fresh}, command.Done, []string{fresh + ": ok (zone, 2 operations)\n"}},
		{
			"EDN", []string{fresh, stale}, command.Failed, []string{
				stale + ": violation (zone, 3 operations)\n" + `key "register": value 1 must come before value 2`,
				"client 1 #4  read → 1",
			},
		},
		{
			"by porcupine too",
			[]string{"--porcupine", stale},
			command.Failed,
			[]string{"violation (zone, 3 operations)", "violation (porcupine, 3 operations)", "read 4 of client 1 of value 1 ended"},
		},
		{
			"values not unique", []string{"--porcupine", staleTwice}, command.Failed, []string{
				"violation (porcupine, 4 operations)\n" + `key "register": when read 4 of client 1 of value 1 ended`,
				"only porcupine can decide this history: ", "wrote the same value 1",
			},
		},
		{"values not unique, but right", []string{goodTwice}, command.Done, []string{"ok (porcupine, 2 operations)\nonly porcupine"}},
		{
			"no time",
			[]string{"--timeout", "1ns", goodTwice},
			command.Failed,
			[]string{"unknown (porcupine, 2 operations)\n", "not verified: porcupine ran out of time"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := run(t, append([]string{"check"}, test.args...)...)
			if code != test.code || code != command.Done && !strings.Contains(stderr, ", or could not be verified: 1 of") {
				t.Errorf("exit code %d, error %q", code, stderr)
			}
			for _, want := range test.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("output lacks %q:\n%s", want, stdout)
				}
			}
			if strings.Count(stdout, "(porcupine") > 1 {
				t.Errorf("porcupine ran twice:\n%s", stdout)
			}
		})
	}
}

// A file that cannot be read does not hide the verdict on another; what was left out or not judged is in the line; a value
// that nobody wrote may be there from the beginning.
func TestCheckGoesOn(t *testing.T) {
	bad, zero, pending := files(t, "{:a}")[0], files(t, "{:process 0 :type :invoke :f :read}{:process 0 :type :ok :f :read :value 0}"+
		"{:process :nemesis :type :info :f :start}")[0], files(t, "{:process 0 :type :invoke :f :write :value 1}")[0]
	code, stdout, stderr := run(t, "check", bad, zero, pending, files(t, staleEDN)[0])
	if code != command.Failed || !strings.Contains(stderr, bad+":1: ") || !strings.Contains(stderr, "could not be verified: 2 of 4") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	for _, want := range []string{
		zero + ": violation (zone, 1 operations; left out: events of nemesis: 1)", "say so by --initial '0'",
		pending + ": ok (zone, 1 operations; none of which ended: there is nothing to judge)",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("output lacks %q:\n%s", want, stdout)
		}
	}
	if code, stdout, _ := run(t, "check", "--initial", "0", zero); code != command.Done {
		t.Errorf("with an initial value: exit code %d, %s", code, stdout)
	}
}

func TestCheckDrawsTheFirstViolation(t *testing.T) {
	page := filepath.Join(t.TempDir(), "h.html")
	jepsen := files(t, freshJSON, staleEDN, strings.ReplaceAll(staleEDN, "1}", "77}"))
	code, stdout, stderr := run(t, append([]string{"check", "--html", page}, jepsen...)...)
	if code != command.Failed || strings.Count(stdout, page+" shows it.") != 1 {
		t.Errorf("exit code %d, output %q, error %q", code, stdout, stderr)
	}
	data, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(data), `"read → 1"`) {
		t.Errorf("error %v, the page lacks the read", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{files(t, staleEDN+"{:process 0 :type :invoke :f :cas}")[0]}, command.Failed, ":7: a cas of nil"},
		{[]string{"no-such"}, command.Misused, "no-such"},
	} {
		code, stdout, stderr := run(t, append([]string{"check"}, test.args...)...)
		if code != test.code || !strings.Contains(stderr, test.want) || stdout != "" {
			t.Errorf("%v: exit code %d, output %q, error %q", test.args, code, stdout, stderr)
		}
	}
}
