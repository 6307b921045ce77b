package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"sync"

	"github.com/google/pprof/profile"
)

// What any process that serves answers, too: profiles of what it does from StartProfiles to StopProfiles, and of nothing
// before or after.
const (
	StartProfiles Method[Nothing, Nothing]  = "start profiles"
	StopProfiles  Method[Nothing, Profiles] = "stop profiles"
)

// Profiles are files in pprof's format, compressed, by their kind: "cpu", "heap", "block" and "mutex".
type Profiles map[string][]byte

// How much is recorded: a sample of the CPU each 10 ms of CPU time and of the heap each 512 KiB, as is usual in Go; and
const (
	blockRate     = 1_000_000 // on average an event for each so many ns that goroutines wait: taking a stack costs time
	mutexFraction = 20        // one in so many events of contention
)

// CPU is the kind of the profile that says where the processor's time goes.
const CPU = "cpu"

// counted are the kinds that Go counts from the process's start, and which of their values still count when the window
// ends: memory in use is not a sum.
var counted = map[string][]float64{
	"heap":  {-1, -1, 0, 0}, // objects and bytes allocated, objects and bytes in use
	"block": {-1, -1},       // events, time
	"mutex": {-1, -1},
}

// A profiler profiles this process. There is one for each that serves.
type profiler struct {
	mu     sync.Mutex
	cpu    *bytes.Buffer // nil while nothing is profiled
	before map[string]*profile.Profile
}

func (p *profiler) handlers() []Handler {
	return []Handler{Handle(StartProfiles, p.start), Handle(StopProfiles, p.stop)}
}

// start begins to profile. The collection before it makes the heap's profile exact, which lags behind otherwise.
func (p *profiler) start(context.Context, Nothing) (none Nothing, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cpu != nil {
		return none, errors.New("the process is profiled already")
	}
	runtime.GC()
	if p.before, err = counts(); err != nil {
		return none, err
	}
	cpu := new(bytes.Buffer)
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return none, fmt.Errorf("profile the CPU: %w (let the other profile end)", err)
	}
	p.cpu = cpu
	runtime.SetBlockProfileRate(blockRate)
	runtime.SetMutexProfileFraction(mutexFraction)
	return none, nil
}

// stop ends what start began and returns the profiles.
func (p *profiler) stop(context.Context, Nothing) (Profiles, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cpu == nil {
		return nil, errors.New("the process is not profiled")
	}
	pprof.StopCPUProfile()
	runtime.SetBlockProfileRate(0)
	runtime.SetMutexProfileFraction(0)
	all := Profiles{CPU: p.cpu.Bytes()}
	p.cpu = nil
	runtime.GC()
	after, err := counts()
	if err != nil {
		return nil, err
	}
	for kind, end := range after {
		if all[kind], err = since(p.before[kind], end, counted[kind]); err != nil {
			return nil, fmt.Errorf("%s profile: %w", kind, err)
		}
	}
	return all, nil
}

// counts are the profiles that Go counts from the process's start, as they are now.
func counts() (map[string]*profile.Profile, error) {
	all := map[string]*profile.Profile{}
	for kind := range counted {
		var b bytes.Buffer
		err := pprof.Lookup(kind).WriteTo(&b, 0)
		if err == nil {
			all[kind], err = profile.Parse(&b)
		}
		if err != nil {
			return nil, fmt.Errorf("%s profile: %w", kind, err)
		}
	}
	return all, nil
}

// since is what was counted after the first profile: its values, scaled, are added to those of the second.
func since(from, to *profile.Profile, scale []float64) ([]byte, error) {
	if err := from.ScaleN(scale); err != nil {
		return nil, err
	}
	d, err := profile.Merge([]*profile.Profile{from, to})
	if err != nil {
		return nil, err
	}
	d.TimeNanos, d.DurationNanos = from.TimeNanos, to.TimeNanos-from.TimeNanos
	var b bytes.Buffer
	err = d.Write(&b)
	return b.Bytes(), err
}
