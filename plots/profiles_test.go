package plots

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/powbench/powbench/harness/result"
)

// keepProfile gives all points one profile of the CPU in their set, of those functions and numbers of samples.
func keepProfile(t *testing.T, s *result.Set, file string, samples map[string]int64) {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}}}
	for name, n := range samples {
		f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
		l := &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f}}}
		p.Function, p.Location = append(p.Function, f), append(p.Location, l)
		p.Sample = append(p.Sample, &profile.Sample{Location: []*profile.Location{l}, Value: []int64{n}})
	}
	dir := filepath.Join(s.Dir, result.ProfileDir, "run")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f := must(os.Create(filepath.Join(dir, file)))
	defer f.Close()
	if err := p.Write(f); err != nil {
		t.Fatal(err)
	}
	s.Manifest.Profiled = true
	for i := range s.Points {
		s.Points[i].Profiles = "run"
		s.Points[i].DurationS, s.Points[i].CPUS = 3, result.CPU{Servers: 2, Clients: 1}
	}
}

// A profiled set has a figure and tables of where the processor's time goes; a side without profiles is missing, not zero.
func TestProfileFigure(t *testing.T) {
	s := syntheticFigure("2a", 2)
	s.Dir = t.TempDir()
	keepProfile(t, s, result.ProfileFile("server-1", result.CPUProfile), map[string]int64{
		"crypto/sha256.block": 30, "net.Write": 60, "a.B": 10,
	})
	figure := rendered(t, s)["profile"]
	says(t, "the figure", joined(figure), "M-PoWerStore READ", "M-ABD WRITE", "Servers", "Clients", "n/a", "sockets", "hash", "other",
		"PROFILED RUN", "t = 1, 256 KiB values, suite paper, durability write; ")
	if strings.Contains(figure, "codec") {
		t.Error("a class without samples is in the legend")
	}
	says(t, "the summary", textOf(summary(t, s)), "Where the processor's time goes", "60.0 %   30.0 %  10.0 %", "10.0 % a.B")
	without := syntheticFigure("2a", 2)
	if _, drawn := rendered(t, without)["profile"]; drawn || strings.Contains(textOf(summary(t, without)), "processor's") {
		t.Error("a set without profiles has a figure or table of them")
	}
}
