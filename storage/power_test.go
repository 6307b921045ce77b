package storage

import (
	"errors"
	"flag"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/powbench/powbench/protocols"
)

// losses is how often the power is cut.
var losses = flag.Int("losses", 200, "power losses of TestPowerFailure and of TestPowerFailureOfWrite")

// A victim is a store whose power is cut again and again, and what its writers know.
type victim struct {
	options Options
	seed    uint64
	files   *vfs.MemFS

	mu    sync.Mutex
	begun [killWriters]uint64 // the last version of each writer that was begun
	acked [killWriters]uint64 // that was acknowledged, or found after a loss
}

// A fuse cuts the power at an operation on the files: it keeps what would be left of them, and what had been acknowledged by then.
// Of what was not synced, each block of 4 KiB and each entry of a directory is left with a probability that is drawn first,
// so writes are torn there.
type fuse struct {
	victim *victim
	random *rand.Rand
	left   atomic.Int64 // operations until then
	blown  chan struct{}
	after  *vfs.MemFS
	begun  [killWriters]uint64
	acked  [killWriters]uint64
}

func (v *victim) fuse(loss uint64) *fuse {
	f := &fuse{victim: v, random: rand.New(rand.NewPCG(v.seed, loss)), blown: make(chan struct{})}
	f.left.Store(1 + f.random.Int64N(1<<f.random.IntN(10))) // often while it opens, and up to a few flushes later
	return f
}

// MaybeError implements errorfs.Injector. It is called before the operation, by whoever does it.
func (f *fuse) MaybeError(errorfs.Op) error {
	if f.left.Add(-1) == 0 {
		f.blow()
	}
	return nil
}

func (f *fuse) String() string { return "fuse" }

// blow cuts the power. Nothing more is acknowledged meanwhile, so each writer has one version under way at most.
func (f *fuse) blow() {
	f.victim.mu.Lock()
	defer f.victim.mu.Unlock()
	f.after = f.victim.files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: f.random.IntN(101), RNG: f.random})
	f.begun, f.acked = f.victim.begun, f.victim.acked
	close(f.blown)
}

// lose opens the store, has writers write until the power is cut, and goes on with what is left. Check looks at the store first.
// Half of the losses are of a store that its owner closes before long: before, during or after that.
func (v *victim) lose(t *testing.T, loss uint64, check func(*Store)) {
	t.Helper()
	f := v.fuse(loss)
	o := v.options
	o.Files = errorfs.Wrap(v.files, f)
	s, err := Open(o)
	if err != nil {
		t.Fatalf("seed %d, loss %d: what is left of synced files is refused: %v", v.seed, loss, err)
	}
	check(s)
	most := uint64(1 << 20)
	if loss%2 == 0 {
		most = loss % 7
	}
	var writers sync.WaitGroup
	for w := range killWriters {
		size := int(loss*7919+uint64(w)*4001) % (40 << 10)
		writers.Go(func() { v.write(t, s, w, size, most, f.blown) })
	}
	writers.Wait()
	if err := s.Close(); err != nil {
		t.Fatalf("seed %d, loss %d: %v", v.seed, loss, err)
	}
	if f.left.Load() > 0 { // nobody is at the files any more
		f.blow()
	}
	<-f.blown
	v.files, v.begun, v.acked = f.after, f.begun, f.acked
}

// write writes one writer's next versions, so many at most, until the power is cut.
func (v *victim) write(t *testing.T, s *Store, w, size int, most uint64, cut <-chan struct{}) {
	for range most {
		select {
		case <-cut:
			return
		default:
		}
		v.mu.Lock()
		v.begun[w] = v.acked[w] + 1
		version := v.begun[w]
		v.mu.Unlock()
		if err := s.Apply(writerKey(w), versionRecords(version, size)); err != nil {
			t.Errorf("seed %d: %v", v.seed, err)
			return
		}
		v.mu.Lock()
		v.acked[w] = version
		v.mu.Unlock()
	}
}

// lossesOfOne is how often the power of one store is cut: what a loss leaves half done may show after the next one.
const lossesOfOne = 25

// TestPowerFailure cuts the power again and again, at any operation on the files, while a store opens, while writers write and while
// it closes, and expects all that was acknowledged, each time. Repeat a run of its own length with
//
//	go test ./storage -run 'TestPowerFailure$' -losses 10000 -timeout 2h
func TestPowerFailure(t *testing.T) {
	done := 0
	for seed := uint64(0); done < *losses; seed++ {
		v := &victim{
			options: Options{Dir: "some/where/store", Durability: protocols.Fsync, MemTableBytes: smallMemTable},
			seed:    seed, files: vfs.NewCrashableMem(),
		}
		for loss := uint64(0); loss < lossesOfOne && done < *losses; loss++ {
			v.lose(t, loss, func(s *Store) {
				for w, version := range v.acked {
					found := checkVersion(t, s, w, version, seed)
					v.mu.Lock()
					v.acked[w] = found
					v.mu.Unlock()
				}
			})
			done++
		}
	}
	t.Logf("%d power losses, and nothing acknowledged was lost", done)
}

// TestPowerFailureOfWrite does the same to stores that sync nothing. What is left must say so, or be versions that were written, whole:
// the acknowledged one, an earlier one, or none.
func TestPowerFailureOfWrite(t *testing.T) {
	refused, older, kept := 0, 0, 0
	for seed := range uint64(*losses) {
		v := &victim{
			options: Options{Dir: "store", Durability: protocols.Unsynced, MemTableBytes: smallMemTable},
			seed:    seed, files: vfs.NewCrashableMem(),
		}
		v.lose(t, 1+2*seed, func(*Store) {})
		v.options.Files = v.files
		s, err := Open(v.options)
		if err != nil {
			if !strings.Contains(err.Error(), "storage in store: ") || !strings.Contains(err.Error(), "remove") {
				t.Fatalf("seed %d: refused without a remedy: %v", seed, err)
			}
			refused++
			continue
		}
		for w := range killWriters {
			version, err := readVersion(s, w)
			switch {
			case errors.Is(err, errWrong), err == nil && version > v.begun[w]:
				t.Fatalf("seed %d, writer %d: %d were begun, %d is read: %v", seed, w, v.begun[w], version, err)
			case err != nil || version < v.acked[w]:
				older++
			default:
				kept++
			}
		}
		_ = s.Close() // may find damage
	}
	t.Logf("%d stores were refused; of the others %d writers lost versions, and %d did not", refused, older, kept)
	if refused+older == 0 {
		t.Error("nothing was ever lost: the power was not cut")
	}
}

// TestPowerFailureOfFolders: a store in folders that were made for it is there after a power failure that keeps nothing unsynced.
func TestPowerFailureOfFolders(t *testing.T) {
	files := vfs.NewCrashableMem()
	o := Options{Dir: "a/b/c"}
	s := mustOpen(t, o, files)
	defer s.Close()
	mustApply(t, s, "k", protocols.Record{Name: "n", Body: []byte("body")})
	after := mustOpen(t, o, files.CrashClone(vfs.CrashCloneCfg{}))
	defer after.Close()
	if body, found, err := after.State("k", protocols.Heap{}).Body("n"); string(body) != "body" || !found || err != nil {
		t.Errorf("%q, %v, %v: what was acknowledged is lost with its folder", body, found, err)
	}
}
