package profiles

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// stacks are what processors have been seen to do, from the innermost function to the outermost.
var stacks = []struct{ class, stack string }{
	{"sockets", "internal/runtime/syscall/linux.Syscall6 syscall.RawSyscall6 syscall.Syscall syscall.write internal/poll.(*FD).Write net.(*conn).Write github.com/powbench/powbench/transport.(*outbox).flush"},
	{"sockets", "internal/runtime/syscall/linux.Syscall6 syscall.writev internal/poll.(*FD).Writev net.(*Buffers).WriteTo"},
	{"files", "internal/runtime/syscall/linux.Syscall6 syscall.write internal/poll.(*FD).Write os.(*File).Write github.com/cockroachdb/pebble/v2/record.(*LogWriter).flushLoop"},
	{"files", "internal/runtime/syscall/linux.Syscall6 syscall.Syscall golang.org/x/sys/unix.Fdatasync github.com/cockroachdb/pebble/v2/vfs.(*linuxFile).SyncData"},
	{"other system calls", "internal/runtime/syscall/linux.Syscall6 golang.org/x/sys/unix.Getrusage github.com/powbench/powbench/harness/control.used"},
	{"hash", "crypto/sha1.blockAVX2 crypto/sha1.(*digest).Write github.com/powbench/powbench/protocols/suite.paper.Hash github.com/powbench/powbench/protocols/dispersal.Check"},
	{"MAC, signature", "crypto/sha1.blockAVX2 crypto/internal/fips140/hmac.(*HMAC).Write github.com/powbench/powbench/protocols/suite.(*macState).sum"},
	{"MAC, signature", "crypto/internal/fips140/sha512.block crypto/internal/fips140/ed25519.Verify crypto/ed25519.Verify"},
	{"coding", "github.com/klauspost/reedsolomon.mulAvxTwo_3x2_64 github.com/klauspost/reedsolomon.(*reedSolomon).Encode"},
	{"codec", "runtime.memmove github.com/hashicorp/go-msgpack/v2/codec.(*Decoder).kStruct github.com/powbench/powbench/protocols/wire.Decode"},
	{"storage", "runtime.memmove github.com/cockroachdb/pebble/v2/internal/arenaskl.(*Skiplist).Add github.com/powbench/powbench/storage.(*Store).Apply"},
	{"storage", "hash/crc32.castagnoliSSE42Triple hash/crc32.Update github.com/cockroachdb/pebble/v2/internal/crc.CRC.Update"},
	{"transport", "runtime.memmove bufio.(*Reader).Read github.com/powbench/powbench/transport.readFrame"},
	{"transport", "crypto/internal/fips140/aes/gcm.gcmAesEnc crypto/internal/fips140/aes/gcm.seal crypto/tls.(*halfConn).encrypt crypto/tls.(*Conn).Write github.com/powbench/powbench/transport.(*stream).writeSealed"},
	{"protocol", "runtime.memequal github.com/powbench/powbench/protocols/candidates.(*Answers).Add"},
	{"load generator", "runtime.memmove github.com/powbench/powbench/workloads.(*Values).Fill github.com/powbench/powbench/harness/agent.(*Agent).operate"},
	{"allocator, collector", "runtime.memclrNoHeapPointers runtime.mallocgc runtime.makeslice github.com/powbench/powbench/transport.readFrame"},
	{"allocator, collector", "runtime.scanObjectsSmall runtime.scanSpan runtime.gcDrain runtime.gcBgMarkWorker.func2 runtime.systemstack runtime.gcBgMarkWorker"},
	{"scheduler", "internal/runtime/syscall/linux.EpollWait runtime.netpoll runtime.findRunnable runtime.schedule runtime.park_m runtime.mcall"},
	{"scheduler", "runtime.futex runtime.futexwakeup runtime.notewakeup runtime.startm"},
	{"profiling", "runtime.pcvalue runtime.(*unwinder).next runtime.saveblockevent runtime.semacquire1 sync.(*Mutex).Lock"},
	{"other", "runtime.memmove strings.Clone main.main"},
	{"other", "math/bits.Len github.com/other/module.F sync.(*WaitGroup).Go.func1 runtime.goexit"},
	{"storage", "runtime.memmove github.com/powbench/powbench/storage.F sync.(*WaitGroup).Go.func1 runtime.goexit"},
}

func TestClassify(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range stacks {
		if got := classify(strings.Fields(s.stack)); got != s.class {
			t.Errorf("%s: %s, want %s", s.stack, got, s.class)
		}
		seen[s.class] = true
	}
	for _, class := range Classes() {
		if !seen[class] {
			t.Errorf("no stack is of class %s", class)
		}
	}
}

// Every class that others work for is one of the list.
func TestOuterClassesExist(t *testing.T) {
	for _, c := range classes {
		for _, outer := range c.outer {
			if !slices.Contains(Classes(), outer) {
				t.Errorf("%s yields to %s, which is no class", c.Name, outer)
			}
		}
	}
}

// write writes a profile of the CPU with a sample for each stack, of that many.
func write(t *testing.T, path string, kind string, samples map[string]int64) {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: kind, Unit: "count"}}}
	known := map[string]*profile.Location{}
	for stack, n := range samples {
		s := &profile.Sample{Value: []int64{n}}
		for _, name := range strings.Fields(stack) {
			if known[name] == nil {
				f := &profile.Function{ID: uint64(len(known) + 1), Name: name}
				p.Function = append(p.Function, f)
				known[name] = &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f}}}
				p.Location = append(p.Location, known[name])
			}
			s.Location = append(s.Location, known[name])
		}
		p.Sample = append(p.Sample, s)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := p.Write(f); err != nil {
		t.Fatal(err)
	}
}

// profiled is the cells of a set with one profiled run in dir.
func profiled(t *testing.T, dir, folder string) []frame.Cell {
	t.Helper()
	p := result.Point{
		Series:        result.Series{Protocol: "mabd", Variant: result.Paper, Op: result.OpRead, T: 1, ValueBytes: 1},
		Load:          result.Load{Clients: 1},
		ThroughputOps: 100, DurationS: 2, ThroughputMBps: 1, CPUS: result.CPU{Servers: 4, Clients: 1}, Profiles: folder,
	}
	p.Valid, p.LatencyMs.Mean = true, 1
	cells, err := frame.Cells([]*result.Set{{Dir: dir, Points: []result.Point{p}}})
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

// All processes of a side are added up, shares add up to 1, and what is in no class is named.
func TestOf(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, result.ProfileDir, "run", name) }
	all := map[string]int64{}
	for _, s := range stacks {
		all[s.stack] = 3
	}
	write(t, in("server-1.cpu.pb.gz"), "samples", all)
	write(t, in("server-2.cpu.pb.gz"), "samples", map[string]int64{"crypto/sha256.block": 5, "a.F b.G": 2, "c.H": 6})
	write(t, in("agent-1.cpu.pb.gz"), "samples", map[string]int64{"github.com/klauspost/reedsolomon.mul": 1})
	write(t, in("server-1.heap.pb.gz"), "alloc_objects", map[string]int64{"d.I": 100})
	spent, err := Of(profiled(t, dir, "run"))
	if err != nil || len(spent) != 2 {
		t.Fatalf("%d sides, %v", len(spent), err)
	}
	servers, clients := spent[0], spent[1]
	if n := int64(3*len(stacks) + 13); servers.Samples != n || servers.Classes["hash"] != 8 || servers.Classes[Other] != 14 {
		t.Errorf("%d samples, want %d: %v", servers.Samples, n, servers.Classes)
	}
	if got := servers.TopOthers(2); !slices.Equal(got, []string{"c.H", "math/bits.Len"}) {
		t.Errorf("top functions %v", got)
	}
	if clients.Share("coding") != 1 || clients.Milliseconds() != 5 || servers.Milliseconds() != 20 {
		t.Errorf("clients %v, %v ms; servers %v ms", clients.Classes, clients.Milliseconds(), servers.Milliseconds())
	}
	for _, s := range spent {
		sum := 0.
		for _, class := range Classes() {
			sum += s.Share(class)
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("%s: shares add up to %v", s.Side.Name, sum)
		}
	}
}

// Profiles that were not kept are no error, and what is none is.
func TestOfDamaged(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"", "gone"} {
		if spent, err := Of(profiled(t, dir, folder)); err != nil || len(spent) != 0 {
			t.Errorf("profiles in %q: %d sides, %v", folder, len(spent), err)
		}
	}
	if _, err := Of(profiled(t, dir, "../x")); err == nil || !strings.Contains(err.Error(), "not in the set") {
		t.Errorf("outside the set: %v", err)
	}
	path := filepath.Join(dir, result.ProfileDir, "run", "agent-1.cpu.pb.gz")
	write(t, path, "contentions", map[string]int64{"a.F": 1})
	if _, err := Of(profiled(t, dir, "run")); err == nil || !strings.Contains(err.Error(), path+": this is no profile of the CPU") {
		t.Errorf("another profile: %v", err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Of(profiled(t, dir, "run")); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("no profile: %v", err)
	}
}
