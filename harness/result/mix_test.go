package result

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// A mix is read as it is written, and is nothing but a share of READs that leaves something to WRITEs.
func TestMix(t *testing.T) {
	for text, want := range map[string]Mix{"95% read": Mix(95 * Percent), "0.5% read": Mix(Percent / 2), "99.99% read": Mix(999900)} {
		got, err := ParseMix(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s is %d, written %s, %v", text, got, got, err)
		}
	}
	if got, err := ParseMix("95 % read"); err != nil || got.String() != "95% read" {
		t.Errorf("with a space: %v, %v", got, err)
	}
	for text, want := range map[string]string{
		"95%": "must be a share of READs such as 95% read", "5% write": "must be a share of READs", "": "must be a share of READs",
		"0% read": "must leave some of both kinds", "100% read": "must leave some of both kinds", "120% read": "not 120% read",
		"-5% read": "must be a share such as 1%", "half read": "must be a share such as 1%",
	} {
		if got, err := ParseMix(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v, %v, want an error with %q", text, got, err, want)
		}
	}
}

// A mix makes cells beside those of one kind, in a plan as a manifest has it, and a series knows its kinds.
func TestMixedSeries(t *testing.T) {
	var p Plan
	text := `{"protocols":["mabd","pebble+mabd"],"operations":["read"],"mix":["95% read","50% read"],"suite":["paper"],"durability":["write"],"t":[1],"value":["1KiB"],"clients":[2]}`
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range p.Cells() {
		names = append(names, c.String())
	}
	if want := []string{"mabd/read/t1/1KiB", "mabd/mix95/t1/1KiB", "mabd/mix50/t1/1KiB"}; !slices.Equal(names, want) {
		t.Errorf("cells %q, want %q", names, want)
	}
	for op, want := range map[string]struct {
		mixed, reads, writes, is bool
		share                    float64
	}{
		OpRead: {reads: true, is: true, share: 1}, OpWrite: {writes: true, is: true},
		"95% read": {true, true, true, true, 0.95}, "scan": {writes: true},
	} {
		s := Series{Op: op}
		if s.Mixed() != want.mixed || s.Reads() != want.reads || s.Writes() != want.writes || s.ReadShare() != want.share || IsOp(op) != want.is {
			t.Errorf("%q: mixed %v, reads %v, writes %v, share %v, is one %v", op, s.Mixed(), s.Reads(), s.Writes(), s.ReadShare(), IsOp(op))
		}
	}
	p.Operations = nil
	data, err := json.Marshal(p)
	if err != nil || strings.Contains(string(data), "operations") || !strings.Contains(string(data), `"mix":["95% read","50% read"]`) {
		t.Errorf("a plan of mixes alone is %s, %v", data, err)
	}
}
