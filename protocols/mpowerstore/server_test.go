package mpowerstore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
)

// requests returns well-formed requests of a WRITE and what a READ may send, at a cluster that has not seen them.
func requests(t *testing.T, p protocols.Protocol) (*prototest.Cluster, Store, []byte, Candidate) {
	t.Helper()
	c := prototest.New(t, p, 1, "modern", 1)
	write := c.Client(1, protocols.Writer).Write(key, []byte("value"))
	var store Store
	var fragment []byte
	c.Hold(func(e prototest.Envelope) bool {
		if s, ok := e.Body.(*Store); ok && e.Server == 0 {
			store, fragment = *s, e.Payload
		}
		return false
	})
	c.Finish(write)
	c.Release()
	candidate := lcOf(c, 1, key)
	for server := range 4 {
		c.Reset(server)
	}
	return c, store, fragment, candidate
}

func TestServerRefuses(t *testing.T) {
	for _, p := range kinds {
		t.Run(protocols.NameOf(p), func(t *testing.T) { serverRefuses(t, p) })
	}
}

func serverRefuses(t *testing.T, p protocols.Protocol) {
	c, store, fragment, good := requests(t, p)
	w, r := protocols.Writer, protocols.Reader
	bad, short := good, good
	bad.Vec = append(slices.Clone(bad.Vec), c.Suite.Hash())
	short.Nonce = short.Nonce[1:]
	wrong, wrongVec := store, store
	wrong.Entry.Commitment = append(slices.Clone(wrong.Entry.Commitment), 0)
	wrongVec.Entry.Vec = bad.Vec
	c.CheckRefused(map[string]prototest.Request{
		"a reader's CLOCK":         prototest.From(r, &Clock{}, nil),
		"a reader's STORE":         prototest.From(r, &store, fragment),
		"a reader's COMPLETE":      prototest.From(r, &Complete{Candidate: good}, nil),
		"a stranger's STORE":       prototest.From(0, &store, fragment),
		"STORE without fragment":   prototest.From(w, &store, nil),
		"STORE of a long fragment": prototest.From(w, &store, append(slices.Clone(fragment), 0)),
		"a malformed STORE":        prototest.From(w, &wrong, fragment),
		"STORE of a long vector":   prototest.From(w, &wrongVec, fragment),
		"an empty STORE":           prototest.From(w, &Store{}, nil),
		"a malformed COMPLETE":     prototest.From(w, &Complete{Candidate: bad}, nil),
		"COMPLETE of c0":           prototest.From(w, &Complete{}, nil),
		"FILTER of nothing":        prototest.From(r, &Filter{}, nil),
		"FILTER of too many":       prototest.From(r, &Filter{Candidates: slices.Repeat([]Candidate{good}, 5)}, nil),
		"FILTER of c0":             prototest.From(r, &Filter{Candidates: []Candidate{good, {}}}, nil),
		"COMPLETE, short nonce":    prototest.From(w, &Complete{Candidate: short}, nil),
		"a malformed REPAIR":       prototest.From(r, &Repair{Candidate: bad}, nil),
	})
}

// Of several candidates FILTER answers the highest valid one, and reads the fragment of no other.
func TestFilterReadsOneFragment(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	var candidates []Candidate
	for _, value := range []string{"a", "b", "c"} {
		c.Finish(w.Write(key, []byte(value)))
		candidates = append(candidates, spoilt(lcOf(c, 0, key))) // the history alone proves them
	}
	candidates[2].Nonce = prototest.Flipped(candidates[2].Nonce)
	state := peek(c, 0, key)
	request := protocols.Message{Body: &Filter{Candidates: candidates}}
	reply, _, err := c.Servers[0].Handle(protocols.Reader, key, request, state)
	if err != nil {
		t.Fatal(err)
	}
	ack := reply.Body.(*FilterAck)
	if ack.TS.Num != 2 || ack.Entry == nil || string(reply.Payload) != "b" {
		t.Errorf("FILTER: ts %v, fragment %q, want 2.1 and b", ack.TS, reply.Payload)
	}
	if want := []string{RecordHist(ack.TS)}; !slices.Equal(state.Payloads, want) {
		t.Errorf("payloads read: %v, want %v", state.Payloads, want)
	}
}

// What the history proves is the whole timestamp. One with another MAC, which no writer believes, is not valid (D2).
func TestHistoryProvesTheMACOfTimestamps(t *testing.T) {
	c := written(t, "modern")
	other := spoilt(lcOf(c, 0, key)) // no vector proves it either
	other.TS.MAC = prototest.Flipped(other.TS.MAC)
	reply, err := c.Request(protocols.Reader, key, 0, protocols.Message{Body: &Filter{Candidates: []Candidate{other}}})
	if err != nil {
		t.Fatal(err)
	}
	if ack := reply.Body.(*FilterAck); !ack.TS.IsZero() || ack.Entry != nil {
		t.Errorf("FILTER of a candidate with another MAC in its timestamp: %v, want that of c0", ack.TS)
	}
}

// What a server has it does not store again: a STORE keeps the history, and lc is that candidate already.
func TestNothingIsStoredTwice(t *testing.T) {
	c, store, fragment, good := requests(t, ours)
	for _, body := range []protocols.Body{&store, &Complete{Candidate: good}, &Repair{Candidate: good}, &Filter{Candidates: []Candidate{good}}} {
		m := protocols.Message{Body: body}
		if _, ok := body.(*Store); ok {
			m.Payload = fragment
		}
		if _, err := c.Request(protocols.Writer, key, 0, m); err != nil {
			t.Fatal(err)
		}
		if _, records, err := c.Servers[0].Handle(protocols.Writer, key, m, peek(c, 0, key)); err != nil || len(records) > 0 {
			t.Errorf("%T again: %d records, %v", body, len(records), err)
		}
	}
}

// A server that cannot read its history, into which a spoilt vector makes it look, says so and blames no client.
func TestBrokenState(t *testing.T) {
	c, _, _, good := requests(t, ours)
	reason, bad := errors.New("disk on fire"), spoilt(good)
	for _, body := range []protocols.Body{
		&Clock{}, &Complete{Candidate: bad}, &Filter{Candidates: []Candidate{bad}}, &Repair{Candidate: good}, &Repair{Candidate: bad},
	} {
		m := protocols.Message{Body: body}
		_, records, err := c.Servers[0].Handle(protocols.Writer, key, m, prototest.Broken{Err: reason})
		if !errors.Is(err, reason) || len(records) > 0 {
			t.Errorf("%T: %v, %d records, want the reason and none", body, err, len(records))
		}
		_, _, err = c.Servers[0].Handle(protocols.Writer, key, m, prototest.Broken{Junk: []byte("junk")})
		if err == nil || errors.Is(err, protocols.ErrRefused) || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%T with a damaged record: %v, want an error that says so", body, err)
		}
	}
}

// Nor does it take a candidate for valid, or for not valid, where the look fails that would tell.
func TestBadSectors(t *testing.T) {
	c := prototest.New(t, ours, 1, "modern", 1)
	good := leak(c, c.Client(1, protocols.Writer), "v", []int{0, 1, 3}, 3)
	for _, candidate := range []Candidate{good, spoilt(good)} { // the history alone proves the second
		c.CheckBadSectors(key, 0, prototest.From(protocols.Writer, &Complete{Candidate: candidate}, nil))
		c.CheckBadSectors(key, 0, prototest.From(protocols.Reader, &Filter{Candidates: []Candidate{candidate}}, nil))
		c.CheckBadSectors(key, 0, prototest.From(protocols.Reader, &Repair{Candidate: candidate}, nil))
	}
}

// A proof for another t says what it takes here, and leaves nothing behind.
func TestProofsOfAnotherT(t *testing.T) {
	c := prototest.New(t, variants.Polynomial(), 2, "modern", 1)
	for _, body := range []protocols.Body{
		&Complete{Candidate: proofForOne()}, &Repair{Candidate: proofForOne()}, &Filter{Candidates: []Candidate{proofForOne()}},
	} {
		_, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: body})
		const want = "a proof of 64 bytes and 4 MACs; for t = 2 they are 96 and 7"
		if !errors.Is(err, protocols.ErrRefused) || !strings.Contains(err.Error(), want) || c.Records(0, "k") != 0 {
			t.Errorf("%T: %v, want %q", body, err, want)
		}
	}
}

func proofForOne() Candidate {
	ts := TS{Timestamp: protocols.Timestamp{Num: 1, PID: 1}, MAC: make([]byte, 32)}
	return Candidate{TS: ts, Nonce: make([]byte, 64), Vec: slices.Repeat([][]byte{make([]byte, 32)}, 4)}
}
