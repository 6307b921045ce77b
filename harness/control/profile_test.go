package control

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// kept is memory that a test allocates.
var kept [][]byte

//go:noinline
func allocateBefore() { kept = append(kept, make([]byte, 32<<20)) }

//go:noinline
func allocateDuring() { kept = append(kept, make([]byte, 32<<20)) }

//go:noinline
func spin(d time.Duration) (n int) {
	for start := time.Now(); time.Since(start) < d; {
		n++
	}
	return n
}

//go:noinline
func contend() {
	var mu sync.Mutex
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for range 100 {
				mu.Lock()
				time.Sleep(100 * time.Microsecond)
				mu.Unlock()
			}
		})
	}
	done.Wait()
}

// Profiles hold what a process did between start and stop, and nothing of before.
func TestProfiles(t *testing.T) {
	c := newClient(t)
	start := func() {
		t.Helper()
		if _, err := Call(t.Context(), c, StartProfiles, Nothing{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { kept = nil })
	allocateBefore()
	start()
	allocateDuring()
	spin(300 * time.Millisecond)
	contend()
	all, err := Call(t.Context(), c, StopProfiles, Nothing{})
	if err != nil || len(all) != 4 {
		t.Fatalf("%d profiles, %v", len(all), err)
	}
	for _, want := range []struct {
		kind, function string
		value          int
		least          int64 // of it; 0: none at all
	}{
		{"cpu", "control.spin", 1, int64(20 * time.Millisecond)}, // however busy the machine is
		{"heap", "control.allocateDuring", 1, 32 << 20},
		{"heap", "control.allocateBefore", 1, 0},
		{"mutex", "control.contend", 0, 1},
		{"block", "control.contend", 1, int64(time.Millisecond)},
	} {
		if got := spent(t, all[want.kind], want.function, want.value); got < want.least || want.least == 0 && got != 0 {
			t.Errorf("%s: %d in %s, want at least %d", want.kind, got, want.function, want.least)
		}
	}
	start() // a second time
	if again, err := Call(t.Context(), c, StopProfiles, Nothing{}); err != nil ||
		spent(t, again["heap"], "control.allocateDuring", 1) != 0 || spent(t, again["mutex"], "control.contend", 0) != 0 {
		t.Errorf("another window holds what the first did: %v", err)
	}
}

// spent adds up a value of the samples whose stack has the function.
func spent(t *testing.T, data []byte, function string, value int) (sum int64) {
	t.Helper()
	p, err := profile.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Sample {
		if has(s, function) {
			sum += s.Value[value]
		}
	}
	return sum
}

func has(s *profile.Sample, function string) bool {
	for _, l := range s.Location {
		for _, line := range l.Line {
			if strings.Contains(line.Function.Name, function) {
				return true
			}
		}
	}
	return false
}

// A process is profiled once at a time.
func TestProfilesRefuse(t *testing.T) {
	c := newClient(t)
	if _, err := Call(t.Context(), c, StopProfiles, Nothing{}); err == nil || !strings.Contains(err.Error(), "is not profiled") {
		t.Errorf("stopped before it started: %v", err)
	}
	if _, err := Call(t.Context(), c, StartProfiles, Nothing{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Call(t.Context(), c, StartProfiles, Nothing{}); err == nil || !strings.Contains(err.Error(), "profiled already") {
		t.Errorf("started twice: %v", err)
	}
	other := newClient(t) // in this process, too
	if _, err := Call(t.Context(), other, StartProfiles, Nothing{}); err == nil || !strings.Contains(err.Error(), "let the other profile end") {
		t.Errorf("beside another profile of the CPU: %v", err)
	}
	if _, err := Call(t.Context(), c, StopProfiles, Nothing{}); err != nil {
		t.Error(err)
	}
}
