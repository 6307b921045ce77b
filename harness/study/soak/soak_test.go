package soak

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/netem/awake"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
)

// leakVariable makes servers that the tests start leak goroutines.
const leakVariable = "POWBENCH_TEST_LEAK"

// TestMain makes this test binary the processes that a soak starts.
func TestMain(m *testing.M) {
	if len(os.Args) != 2 || strings.HasPrefix(os.Args[1], "-") {
		os.Exit(m.Run())
	}
	ctx, log := context.Background(), slog.New(slog.DiscardHandler)
	switch os.Args[1] {
	case "server":
		if os.Getenv(leakVariable) != "" {
			go leak()
		}
		if err := node.Serve(ctx, os.Stdin, os.Stdout, "", log); err != nil {
			os.Exit(1)
		}
	case "agent":
		agent.Serve(ctx, os.Stdin, os.Stdout, "", log)
	case "awake":
		_ = awake.Keep(ctx)
	}
}

// leak starts goroutines that never end.
func leak() {
	for range time.Tick(5 * time.Millisecond) {
		go func() { select {} }()
	}
}

// options are those of a soak of M-ABD for seconds.
func options(t *testing.T, duration, stint, window time.Duration, faults ...Fault) Options {
	t.Helper()
	results := t.TempDir()
	return Options{
		Options:   study.Options{Results: results, Scratch: filepath.Join(results, ".scratch"), Progress: io.Discard},
		Protocols: []protocols.Protocol{mabd.Protocol{}}, Faults: faults, T: 1, Durability: protocols.Fsync,
		Duration: duration, Stint: stint, Window: window, Loopback: true, Seed: 7,
	}
}

func fault(t *testing.T, name string) Fault {
	t.Helper()
	f, err := FaultByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// readSummary reads what a soak has stored.
func readSummary(t *testing.T, dir string) (s result.Soak) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, result.SoakFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// Servers are killed and come back, stint after stint, and nothing comes of it.
func TestSoak(t *testing.T) {
	o := options(t, 4*time.Second, 2*time.Second, 400*time.Millisecond, fault(t, "kill"))
	dir, summary, err := Run(t.Context(), o)
	if err != nil {
		t.Fatalf("%v: %s", err, summary.Text())
	}
	if !summary.Complete || summary.Stints != 2 || summary.Windows < 4 || summary.Faults["kill"] < 4 || summary.Reads == 0 ||
		summary.Writes == 0 || summary.ServerMiB <= 0 || len(summary.Coordinator) != 2 {
		t.Errorf("%+v", summary)
	}
	stored := readSummary(t, dir)
	stored.Schema, stored.Seconds, summary.Seconds = 0, 0, 0
	if !reflect.DeepEqual(stored, summary) {
		t.Errorf("stored is %+v, want %+v", stored, summary)
	}
	for _, pattern := range []string{"histories/*", "logs/*"} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
			t.Errorf("left behind though all held: %v", left)
		}
	}
}

// Servers that lie to a protocol which is not built for that are found, with the place.
func TestPlantedViolation(t *testing.T) {
	b3, err := catalog.Attack("B3")
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, 2*time.Second, 2*time.Second, 400*time.Millisecond, Fault{
		Name: "planted", do: lie, attacks: func(protocols.Protocol) []byzantine.Attack { return []byzantine.Attack{b3} },
	})
	dir, summary, err := Run(t.Context(), o)
	if !errors.Is(err, study.ErrCheckFailed) {
		t.Fatalf("it ended with %v: %s", err, summary.Text())
	}
	where := "stint 1, mabd under planted B3, seed "
	if len(summary.Violations) == 0 || !strings.HasPrefix(summary.Violations[0], where) || !strings.Contains(summary.Text(), where) {
		t.Errorf("violations %v", summary.Violations)
	}
	histories, _ := filepath.Glob(filepath.Join(dir, result.HistoryDir, "*"))
	if len(histories) != 1 {
		t.Fatalf("histories %v, want that of the window", histories)
	}
	entries, err := history.Read(histories[0])
	if err != nil || history.Zones(entries).Code != result.Violation {
		t.Errorf("%s: %v, %v", histories[0], history.Zones(entries), err)
	}
}

// Servers that leak are found, with what and where.
func TestPlantedLeak(t *testing.T) {
	t.Setenv(leakVariable, "1")
	_, summary, err := Run(t.Context(), options(t, 8*time.Second, 8*time.Second, 100*time.Millisecond, fault(t, "none")))
	if !errors.Is(err, study.ErrCheckFailed) {
		t.Fatalf("it ended with %v: %s", err, summary.Text())
	}
	// How many of the three grow fast enough in eight seconds depends on what else runs.
	if text := strings.Join(summary.Leaks, "\n"); !strings.Contains(text, "mabd under none") || !strings.Contains(text, ": goroutines grows by") {
		t.Errorf("leaks %s, want the goroutines of servers", text)
	}
}

// A soak that is interrupted leaves a summary of what there was.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := options(t, time.Hour, time.Hour, 300*time.Millisecond, Fault{Name: "interrupt", do: func(_ context.Context, _ *stint, w window) error {
		if w.n == 2 {
			cancel()
		}
		return nil
	}})
	dir, summary, err := Run(ctx, o)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v", err)
	}
	if stored := readSummary(t, dir); stored.Complete || stored.Stints != 1 || stored.Windows != 2 ||
		!strings.Contains(summary.Text(), "ended early") {
		t.Errorf("%+v", stored)
	}
}

// Every protocol has every fault that suits it, in turn.
func TestRotation(t *testing.T) {
	s := &soak{Options: Options{
		Protocols: catalog.All(), Faults: Faults(), T: 1, Duration: 200 * time.Minute, Stint: time.Minute,
	}, bench: &study.Bench{}}
	met := map[string]map[string]int{}
	for _, task := range s.stints() {
		st := task.(*stint)
		name := protocols.NameOf(st.protocol)
		if met[name] == nil {
			met[name] = map[string]int{}
		}
		met[name][st.fault.Name]++
		if attacks := st.attack.ID != ""; attacks != (st.fault.attacks != nil) {
			t.Errorf("%s: attack %q", st.Name(), st.attack.ID)
		}
	}
	for _, p := range s.Protocols {
		for _, f := range s.Faults {
			if n := met[protocols.NameOf(p)][f.Name]; (n > 0) != f.fits(p, false) {
				t.Errorf("%s is under %s %d times, it fits: %v", protocols.NameOf(p), f.Name, n, f.fits(p, false))
			}
		}
	}
	if fits := fault(t, "liars").fits(mabd.Protocol{}, true); len(fault(t, "liars").attacks(mpowerstore.Protocol{})) < 8 || !fits {
		t.Errorf("few lies: %v", fits) // B1 is one that M-ABD withstands, too
	}
	if fault(t, "cut").fits(mabd.Protocol{}, false) || !fault(t, "cut").fits(mabd.Protocol{}, true) {
		t.Error("links are cut where there are none")
	}
}

// A leak is a trend upwards of more than the tolerance; caches that fill, noise and saw teeth are none.
func TestLeaks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		name string
		at   func(i float64) float64
		want bool
	}{
		{"flat", func(float64) float64 { return 40 }, false},
		{"noise", func(float64) float64 { return 40 + 30*random.Float64() }, false},
		{"a cache that fills", func(i float64) float64 { return 100 * (1 - math.Exp(-i/3)) }, false},
		{"saw teeth", func(i float64) float64 { return 40 + 8*math.Mod(i, 7) }, false},
		{"a trend within the tolerance", func(i float64) float64 { return 40 + i/20 + random.Float64() }, false},
		{"a trend downwards", func(i float64) float64 { return 400 - 5*i + random.Float64() }, false},
		{"a leak", func(i float64) float64 { return 40 + 5*i + 20*random.Float64() }, true},
	} {
		var s series
		for i := range 60 {
			s.add(float64(i), map[resource]float64{goroutines: c.at(float64(i))})
		}
		leaks := s.leaks("server 1")
		if (len(leaks) > 0) != c.want {
			t.Errorf("%s: %v", c.name, leaks)
		}
		for _, l := range leaks {
			if !strings.HasPrefix(l, "server 1: goroutines grows by ") {
				t.Errorf("%s: %s", c.name, l)
			}
		}
	}
	for grows, want := range map[float64]int{0.8: 0, 3: 1} { // MiB, where one is stored: logs are kept, or nothing is removed
		var s series
		for i := range 60 {
			s.add(float64(i), map[resource]float64{disk: grows * float64(i)})
			s.stored = append(s.stored, float64(i))
		}
		if leaks := s.leaks("server 1"); len(leaks) != want {
			t.Errorf("%.1f MiB of disk for one that is stored: %v", grows, leaks)
		}
	}
	for owed, want := range map[float64]int{0: 1, 128: 0} { // to servers that lie
		s := series{owed: owed}
		for i := range 60 {
			s.add(float64(i), map[resource]float64{heap: 2 * float64(i)})
		}
		if leaks := s.leaks("server 1"); len(leaks) != want {
			t.Errorf("88 MiB more memory, where %.0f may be owed: %v", owed, leaks)
		}
	}
	var few series
	for i := range 10 {
		few.add(float64(i), map[resource]float64{heap: 1000 * float64(i)})
	}
	if leaks := few.leaks("x"); leaks != nil {
		t.Errorf("of a few readings: %v", leaks)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"":                               func(*Options) {},
		"at least 1 fault":               func(o *Options) { o.T = 0 },
		"give at least 100ms":            func(o *Options) { o.Window = time.Millisecond },
		"no room for a window":           func(o *Options) { o.Stint = time.Millisecond * 200 },
		"no room for a stint":            func(o *Options) { o.Duration = time.Second },
		"more than 1000000 stints":       func(o *Options) { o.Duration = 3_000_000 * time.Second },
		"choose fsync or write":          func(o *Options) { o.Durability = protocols.Volatile },
		"unknown durability \"perhaps\"": func(o *Options) { o.Durability = "perhaps" },
	} {
		o := options(t, time.Minute, 2*time.Second, 300*time.Millisecond)
		change(&o)
		if err := o.Check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
