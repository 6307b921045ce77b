package command

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/powbench/powbench/plots/command"
)

// A program reads the verdict on each file, and the operations that prove a violation, in one line.
func TestCheckJSON(t *testing.T) {
	texts := files(t, freshJSON, staleEDN)
	code, stdout, _ := run(t, append([]string{"check", "--json"}, texts...)...)
	if code != command.Failed {
		t.Errorf("exit code %d", code)
	}
	type verdict struct {
		File, Verdict, Checker string
		Operations             int
		Detail                 string
		Involved               []struct {
			Client uint64
			Op     string
		}
	}
	var got []verdict
	for line := range strings.Lines(stdout) {
		var v verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		got = append(got, v)
	}
	if len(got) != 2 || got[0].File != texts[0] || got[0].Verdict != "ok" || got[0].Operations != 2 || len(got[0].Involved) > 0 {
		t.Fatalf("%+v", got)
	}
	if v := got[1]; v.Verdict != "violation" || v.Detail == "" || len(v.Involved) == 0 || v.Involved[0].Op == "" {
		t.Errorf("%+v", v)
	}
	if code, _, stderr := run(t, "check", "--json", "--html", "x.html", texts[0]); code != command.Misused || !strings.Contains(stderr, "give one of them") {
		t.Errorf("with --html: exit code %d, %s", code, stderr)
	}
}

func TestPlanJSON(t *testing.T) {
	code, stdout, stderr := run(t, "plan", "--json", smokeConfig)
	if code != command.Done {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var plan struct {
		Experiment string
		Total      float64 `json:"total_s"`
		Runs       float64 `json:"runs_s"`
		Cells      []struct {
			Protocol, Op string
			T            int
			Seconds      float64 `json:"run_s"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &plan); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if plan.Experiment != "smoke" || len(plan.Cells) != 6 || plan.Total <= plan.Runs || plan.Cells[0].Seconds <= 0 || plan.Cells[0].Protocol == "" || plan.Cells[0].T != 1 {
		t.Errorf("%+v", plan)
	}
}
