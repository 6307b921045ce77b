package node

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/storage"
)

// counter is an automaton that counts a key's requests in its one record.
type counter struct{}

func (counter) Handle(_ protocols.Role, _ protocols.Key, _ protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	body, found, err := state.Body("count")
	if err != nil {
		return protocols.Message{}, nil, err
	}
	count := uint64(1)
	if found {
		count += binary.BigEndian.Uint64(body)
	}
	time.Sleep(50 * time.Microsecond) // so that another request, if it may, comes in between
	body = binary.BigEndian.AppendUint64(nil, count)
	return protocols.Message{Payload: body}, []protocols.Record{{Name: "count", Body: body}}, nil
}

// automaton is an automaton in one function.
type automaton func(protocols.StateReader) (protocols.Message, []protocols.Record, error)

func (a automaton) Handle(_ protocols.Role, _ protocols.Key, _ protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	return a(state)
}

func newHandler(t *testing.T, a protocols.Server) *handler {
	t.Helper()
	store, err := storage.Open(storage.Options{Durability: protocols.Volatile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &handler{automaton: a, store: store, seed: maphash.MakeSeed()}
}

func (h *handler) ask(key protocols.Key) (protocols.Message, error) {
	return h.handle(protocols.Incoming{Role: protocols.Reader, Key: key}, protocols.Heap{})
}

// Requests to one key run one after the other, and each sees what the ones before it stored; no update is lost.
func TestRequestsToAKeyAreSerial(t *testing.T) {
	const workers, requests, keys = 8, 60, 3
	h := newHandler(t, counter{})
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range requests {
				if _, err := h.ask(protocols.Key(fmt.Sprint(i % keys))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for key := range keys {
		m, err := h.ask(protocols.Key(fmt.Sprint(key)))
		if want := uint64(workers*requests/keys + 1); err != nil || binary.BigEndian.Uint64(m.Payload) != want {
			t.Errorf("key %d counts %x, want %d (%v)", key, m.Payload, want, err)
		}
	}
}

// What the automaton refuses or fails at is not stored, and the error is passed on as it is.
func TestNothingIsStoredOnError(t *testing.T) {
	stored := false
	fault := errors.New("fault")
	h := newHandler(t, automaton(func(s protocols.StateReader) (protocols.Message, []protocols.Record, error) {
		_, found, err := s.Body("r")
		stored = found || err != nil
		return protocols.Message{}, []protocols.Record{{Name: "r"}}, fault
	}))
	for range 2 {
		if _, err := h.ask("k"); !errors.Is(err, fault) {
			t.Errorf("error %v, want the automaton's", err)
		}
	}
	if stored {
		t.Error("the first request's record was stored")
	}
}

// A reply does not leave when its records could not be stored.
func TestApplyFails(t *testing.T) {
	h := newHandler(t, automaton(func(protocols.StateReader) (protocols.Message, []protocols.Record, error) {
		return protocols.Message{}, []protocols.Record{{Name: "r"}}, nil
	}))
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := h.ask("k")
	if err == nil || errors.Is(err, protocols.ErrRefused) || !strings.Contains(err.Error(), "storage") {
		t.Errorf("error %v, want the storage's own", err)
	}
}

// The reply to a request that stores nothing waits for what earlier requests to the key have stored, and one that fails
// for nothing.
func TestReplyWaitsForEarlierRecords(t *testing.T) {
	step := 0
	h := newHandler(t, automaton(func(protocols.StateReader) (protocols.Message, []protocols.Record, error) {
		switch step++; step {
		case 1:
			return protocols.Message{}, []protocols.Record{{Name: "r"}}, nil
		case 2:
			return protocols.Message{}, nil, nil
		}
		return protocols.Message{}, nil, protocols.ErrRefused
	}))
	var commits [3]*storage.Commit
	for i := range commits {
		_, commits[i], _ = h.lane("k").handle(h, protocols.Incoming{Role: protocols.Reader, Key: "k"}, protocols.Heap{})
	}
	if commits[0] == nil || commits[1] != commits[0] || commits[2] != nil {
		t.Errorf("the requests wait for %v, want the first two for the first's records, the last for none", commits)
	}
}

// slow stores something for one key, and reads for the others.
type slow struct{}

func (slow) Handle(_ protocols.Role, key protocols.Key, _ protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if key == "slow" {
		return protocols.Message{}, []protocols.Record{{Name: "r"}}, nil
	}
	_, _, err := state.Body("r")
	return protocols.Message{}, nil, err
}

// A key whose records wait for the disk holds up the replies to its own requests, and nobody else's.
func TestSlowDiskHoldsUpNoOtherKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shut atomic.Bool
		open := make(chan struct{})
		files := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if shut.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				<-open
			}
			return nil
		}))
		store, err := storage.Open(storage.Options{Dir: "store", Files: files})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		h := &handler{automaton: slow{}, store: store, seed: maphash.MakeSeed()}
		shut.Store(true)
		var replies atomic.Int64
		var requests sync.WaitGroup
		for range 3 {
			requests.Go(func() {
				if _, err := h.ask("slow"); err != nil {
					t.Error(err)
				}
				replies.Add(1)
			})
		}
		synctest.Wait()
		for i := range 100 {
			key := protocols.Key(fmt.Sprint("other ", i))
			if h.lane(key) == h.lane("slow") { // these share it by chance
				continue
			}
			if _, err := h.ask(key); err != nil {
				t.Error(err)
			}
		}
		if n := replies.Load(); n > 0 {
			t.Errorf("%d replies left before their records were durable", n)
		}
		close(open)
		requests.Wait()
	})
}
