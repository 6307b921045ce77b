package candidates_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// entry is a cross-checksum under a name.
type entry struct {
	name string
	cc   *dispersal.CrossChecksum
}

func (e entry) Same(o entry) bool                 { return e == o }
func (e entry) Checksum() dispersal.CrossChecksum { return *e.cc }

// answers are those of four servers that hold "value", and its fragments.
func answers(t *testing.T) (*candidates.Answers[entry], entry, [][]byte) {
	t.Helper()
	p := candidates.Params{T: 1, Suite: suite.Modern(), Data: dispersal.Coded(1, suite.Modern())}
	fragments, cc, err := p.Data.Encode([]byte("value"), protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	return candidates.NewAnswers[entry](p), entry{"stored", &cc}, fragments
}

func at(num uint64) protocols.Timestamp { return protocols.Timestamp{Num: num, PID: 1} }

// A READ may end as soon as t+1 servers have sent the entry with right fragments, whoever answered first: a wrong
// fragment disowns its server's entry and no other.
func TestSafe(t *testing.T) {
	w, e, fragments := answers(t)
	w.Add(0, candidates.Answer[entry]{TS: at(1), Entry: e, Fragment: []byte("junk")})
	w.Add(2, candidates.Answer[entry]{TS: at(1), Entry: e, Fragment: fragments[2]})
	if _, _, ok := w.Safe(at(1)); ok {
		t.Error("safe with one right fragment, want two")
	}
	w.Add(3, candidates.Answer[entry]{TS: at(1), Entry: e, Fragment: fragments[3]})
	got, right, ok := w.Safe(at(1))
	if !ok || got != e || right[0] != nil || right[1] != nil || right[2] == nil || right[3] == nil {
		t.Errorf("safe: %v, entry %v, fragments %q", ok, got, right)
	}
	if senders := w.Senders(e); !slices.Equal(senders, []int{2, 3}) {
		t.Errorf("senders %v, want 2 and 3", senders)
	}
	if _, _, ok := w.Safe(at(2)); ok {
		t.Error("safe under another timestamp")
	}
}

// The same with the wrong fragment hashed for the first time when enough right ones are there.
func TestSafeAfterAWrongFragment(t *testing.T) {
	w, e, fragments := answers(t)
	fragments[0] = []byte("junk")
	for server := range 3 {
		w.Add(server, candidates.Answer[entry]{TS: at(1), Entry: e, Fragment: fragments[server]})
	}
	if got, _, ok := w.Safe(at(1)); !ok || got != e {
		t.Errorf("safe: %v, entry %v", ok, got)
	}
}

// hashing counts how many fragments are hashed.
type hashing struct {
	dispersal.Scheme
	hashed int
}

func (h *hashing) Right(cc dispersal.CrossChecksum, server int, fragment []byte) bool {
	h.hashed++
	return h.Scheme.Right(cc, server, fragment)
}

// A READ hashes each fragment once, however often it looks for a safe entry, and none that it does not need.
func TestFragmentsAreHashedOnce(t *testing.T) {
	w, e, fragments := answers(t)
	h := &hashing{Scheme: w.Data}
	w.Data = h
	for server, want := range []int{0, 2, 2, 2} {
		w.Add(server, candidates.Answer[entry]{TS: at(1), Entry: e, Fragment: fragments[server]})
		if w.Safe(at(1)); h.hashed != want {
			t.Errorf("%d answers: %d fragments hashed, want %d", server+1, h.hashed, want)
		}
	}
}

// A fragment belongs to a cross-checksum with a hash for each server, and has the length that it says.
func TestIsFragment(t *testing.T) {
	w, e, fragments := answers(t)
	few := dispersal.CrossChecksum{Length: e.cc.Length, Hashes: e.cc.Hashes[1:]}
	if !w.IsFragment(*e.cc, fragments[0]) || w.IsFragment(few, fragments[0]) || w.IsFragment(*e.cc, fragments[0][1:]) {
		t.Errorf("of the value: %v, of few hashes: %v, too short: %v", w.IsFragment(*e.cc, fragments[0]), w.IsFragment(few, fragments[0]),
			w.IsFragment(*e.cc, fragments[0][1:]))
	}
}

// A fragment that is still to come counts neither as right nor as wrong.
func TestMissingFragments(t *testing.T) {
	w, e, fragments := answers(t)
	for server := range 3 {
		w.Add(server, candidates.Answer[entry]{TS: at(1), Entry: e, Missing: true})
	}
	if _, _, ok := w.Safe(at(1)); ok || len(w.Senders(e)) != 3 {
		t.Errorf("safe without fragments: %v, senders %v", ok, w.Senders(e))
	}
	for server := range 2 {
		w.W[server].Fragment, w.W[server].Missing = fragments[server], false
	}
	if _, _, ok := w.Safe(at(1)); !ok {
		t.Error("not safe with two fragments")
	}
}

// Three of four servers must answer lower, and none counts that may have pruned the candidate's entry.
func TestInvalid(t *testing.T) {
	w, _, _ := answers(t)
	for server, a := range []candidates.Answer[entry]{{}, {TS: at(1)}, {Pruned: at(3)}} {
		w.Add(server, a)
	}
	if w.Invalid(at(3)) || w.Invalid(at(1)) || !w.Invalid(at(4)) {
		t.Errorf("invalid: 3 %v, 1 %v, 4 %v, want 4 alone", w.Invalid(at(3)), w.Invalid(at(1)), w.Invalid(at(4)))
	}
}

type stamped struct {
	num  uint64
	name string
}

func (s stamped) Stamp() protocols.Timestamp { return at(s.num) }

func TestHighestValid(t *testing.T) {
	set, broken := []stamped{{1, "a"}, {3, "b"}, {2, "c"}, {3, "d"}}, errors.New("broken")
	for want, valid := range map[stamped]func(stamped) (bool, error){
		{3, "d"}: func(s stamped) (bool, error) { return s.name != "b", nil },
		{2, "c"}: func(s stamped) (bool, error) { return s.num < 3, nil },
		{}:       func(stamped) (bool, error) { return false, nil },
		{3, "b"}: func(stamped) (bool, error) { return false, broken },
	} {
		if got, err := candidates.HighestValid(set, valid); got != want || (err != nil) != (want.name == "b") {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
}

// Servers that get the same commitment share a body.
func TestStores(t *testing.T) {
	made := 0
	stores := candidates.Stores([][]byte{{1}, {1}, {2}}, [][]byte{{7}, {8}, {9}}, func([]byte) protocols.Body {
		made++
		return nil
	})
	if made != 2 || len(stores) != 3 || stores[2].Payload[0] != 9 {
		t.Errorf("%d bodies, %v", made, stores)
	}
}
