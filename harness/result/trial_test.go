package result

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// trialLine is a trial as a line of its file.
func trialLine(t testing.TB, trial Trial) string {
	t.Helper()
	line, err := json.Marshal(trial)
	if err != nil {
		t.Fatal(err)
	}
	return string(line) + "\n"
}

func TestTrialRoundTrip(t *testing.T) {
	var want Trial
	set(reflect.ValueOf(&want).Elem(), new(int))
	want.Schema = SchemaVersion
	dir := newSet(t, 0)
	overwrite(t, dir, TrialsFile, trialLine(t, want)+trialLine(t, Trial{Schema: SchemaVersion, Attack: "B3"}))
	s := mustRead(t, dir)
	if len(s.Trials) != 2 || len(s.Points) != 0 || s.Trials[1].Attack != "B3" {
		t.Fatalf("read back %+v", s)
	}
	if !reflect.DeepEqual(s.Trials[0], want) {
		t.Errorf("read back %+v\nwant %+v", s.Trials[0], want)
	}
}

// What an interrupted attack run leaves of its last line is no trial.
func TestTornTrial(t *testing.T) {
	dir := newSet(t, 0)
	line := trialLine(t, Trial{Schema: SchemaVersion, Attack: "none"})
	for cut := range len(line) {
		overwrite(t, dir, TrialsFile, line+line[:cut])
		if s := mustRead(t, dir); len(s.Trials) != 1 {
			t.Fatalf("%d trials of a file cut at byte %d of its second line", len(s.Trials), cut)
		}
	}
}

func TestReadRefusesTrials(t *testing.T) {
	good := trialLine(t, Trial{Schema: SchemaVersion})
	for want, text := range map[string]string{
		TrialsFile + ":2: results of schema version 9": good + trialLine(t, Trial{Schema: 9}) + good,
		TrialsFile + ":1: results of schema version 0": "{}\n",
		TrialsFile + ":2: unexpected end":              good + "\n",
		TrialsFile + ":1: json: cannot unmarshal":      fmt.Sprintf(`{"schema":%d,"held":"yes"}`, SchemaVersion) + "\n",
	} {
		dir := newSet(t, 0)
		overwrite(t, dir, TrialsFile, text)
		err := readAll(dir)
		if want = filepath.Join(dir, want); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
