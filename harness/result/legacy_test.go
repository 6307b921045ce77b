package result

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// Results without codes get those that their sentences stand for; results with codes keep them.
func TestCodesOfOlderResults(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		ManifestFile: `{"schema":2,"searches":[{"protocol":"mabd","op":"read"},{"protocol":"cas+lean"}]}`,
		PointsFile: `{"schema":2,"valid":true,"invalid_reason":""}
{"schema":2,"invalid_reason":"1 operations failed, the first: a; b; other work took the CPU away: 12 % other machines"}
{"schema":2,"invalid_reason":"delay from probe-1 to probe-2: mean 21.00 ms, asked for 19.87 ± 1.09"}
{"schema":2,"invalid_reason":"history: violation"}
{"schema":2,"invalid_reason":"it rained"}
{"schema":2,"invalid":["hypervisor"],"invalid_reason":"history: violation"}
`,
		TrialsFile: `{"schema":2,"expected":"no harm, READs of at most 2 rounds"}
{"schema":2,"expected":"stale read or worse, beyond the model"}
{"schema":2,"expected":"anything, beyond the model"}
{"schema":2,"expected":"nothing to attack"}
{"schema":2,"expected":"growth"}
{"schema":2,"expected":"growth","expectation":"beyond"}
`,
		CostsFile: `{"schema":2,"invalid_reason":"disturbed: the hypervisor took 13 % of the CPU"}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var reasons [][]Reason
	for _, p := range s.Points {
		reasons = append(reasons, p.Invalid)
	}
	if want := [][]Reason{
		nil, {FailedOperations, OtherWork}, {DelayOff}, {NotLinearizable}, {OtherReason}, {Hypervisor},
	}; !reflect.DeepEqual(reasons, want) {
		t.Errorf("reasons %v, want %v", reasons, want)
	}
	var expectations []Expectation
	for _, x := range s.Trials {
		expectations = append(expectations, x.Expectation)
	}
	if want := []Expectation{Withstand, Beyond, Beyond, NoTarget, Succumb, Beyond}; !slices.Equal(expectations, want) {
		t.Errorf("expectations %v, want %v", expectations, want)
	}
	if c := s.Costs[0]; !c.Disturbed() || s.Points[0].Disturbed() || s.Points[3].Disturbed() || !s.Points[2].Disturbed() {
		t.Errorf("disturbed: cost %v, points %v", c.Disturbed(), reasons)
	}
	a, b := s.Manifest.Searches[0], s.Manifest.Searches[1]
	if a.Variant != Paper || b.Protocol != "cas" || b.Variant != "lean" || b.FullName() != "cas+lean" {
		t.Errorf("searches %+v, %+v", a, b)
	}
	if text, err := b.MarshalJSON(); err != nil || !slices.Equal(text[:23], []byte(`{"protocol":"cas+lean",`)) {
		t.Errorf("%s, %v", text, err)
	}
}
