package agent

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/powerstore"
)

// Where each key has one writer, clients write all keys and none of another's.
func TestOwnKeys(t *testing.T) {
	a := &Agent{cfg: Config{Clients: 3}, is: powerstore.Protocol{}.Traits(1)}
	for _, keys := range []int{1, 2, 3, 7} {
		writers := map[int]int{}
		for index := range a.cfg.Clients {
			for key := range keys {
				op, own := a.toWrite(&loadClient{index: index}, key, keys)
				if op == protocols.Read {
					if own != key || index < keys {
						t.Errorf("%d keys: client %d reads key %d in place of %d", keys, index, own, key)
					}
					continue
				}
				if other, found := writers[own]; own >= keys || own%a.cfg.Clients != index || found && other != index {
					t.Errorf("%d keys: clients %d and %d write key %d", keys, index, other, own)
				}
				writers[own] = index
			}
		}
		if len(writers) != keys {
			t.Errorf("%d keys: only %v are written", keys, writers)
		}
	}
	a.is = mabd.Protocol{}.Traits(1)
	if op, key := a.toWrite(&loadClient{index: 1}, 5, 7); op != protocols.Write || key != 5 {
		t.Errorf("%s of key %d, though all may write all", op, key)
	}
}

func TestLoadRefusesKeys(t *testing.T) {
	a := &Agent{cfg: Config{Protocol: "powerstore", Clients: 3}, is: powerstore.Protocol{}.Traits(1)}
	three := result.Load{Clients: 3}
	for want, spec := range map[string]Spec{
		"the hot key has many": {WriteShare: 1, KeyModel: result.Hot, Load: three, StartNs: clock.Now()},
		"not 2":                {WriteShare: 1, Keys: 2, Load: three, StartNs: clock.Now()},
		"with a skew of 0":     {KeyModel: result.Zipf, Keys: 2, Load: three, StartNs: clock.Now()},
	} {
		if _, err := a.Load(t.Context(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

// What was issued is known to all clients of an agent at once, and to the agent that continues its journal. What cannot
// be recorded is not issued.
func TestIssuedIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, _, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	one := &issued{last: protocols.Remembered{}, journal: j}
	var writers sync.WaitGroup
	for _, key := range []protocols.Key{"a", "b", "c"} {
		writers.Go(func() {
			for n := range uint64(20) {
				if err := one.Keep(key, n+1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if err := one.Keep("a", 21); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Keep without a journal: %v", err)
	}
	again := &Agent{cfg: Config{Journal: path}}
	if err := again.openJournal(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.journal.close() }()
	if last, err := again.issued.Last("b"); last != 20 || err != nil {
		t.Errorf("the last timestamp was 20, the journal says %d, %v", last, err)
	}
}
