package powerstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

// requests returns well-formed requests of a WRITE and what a READ may send, at a cluster that has not seen them.
func requests(t *testing.T, p Protocol) (*prototest.Cluster, Store, []byte, Candidate) {
	t.Helper()
	c := prototest.New(t, p, 1, "modern", 1)
	client := c.Client(1, protocols.Writer)
	op := client.Register.Write(key, []byte("value"), protocols.Heap{}).(*writer)
	first := op.Start()[0]
	return c, *first.Body.(*Store), slices.Clone(first.Payload), op.candidate
}

func TestServerRefuses(t *testing.T) {
	for _, p := range both {
		t.Run(protocols.NameOf(p), func(t *testing.T) { serverRefuses(t, p) })
	}
}

func serverRefuses(t *testing.T, p Protocol) {
	c, store, fragment, good := requests(t, p)
	w, r := protocols.Writer, protocols.Reader
	bad, other := good, good
	bad.Nonce = bad.Nonce[1:]
	other.TS.PID++
	wrong, wrongTS, longer := store, store, store
	wrong.Entry.Commitment = nil
	longer.Entry.Commitment = append(slices.Clone(store.Entry.Commitment), 0)
	wrongTS.Entry.TS.Num = 0
	c.CheckRefused(map[string]prototest.Request{
		"a reader's STORE":         prototest.From(r, &store, fragment),
		"a reader's COMPLETE":      prototest.From(r, &Complete{Candidate: good}, nil),
		"a stranger's STORE":       prototest.From(0, &store, fragment),
		"STORE without fragment":   prototest.From(w, &store, nil),
		"STORE of a long fragment": prototest.From(w, &store, append(slices.Clone(fragment), 0)),
		"STORE without commitment": prototest.From(w, &wrong, fragment),
		"STORE with a long one":    prototest.From(w, &longer, fragment),
		"STORE of ts0":             prototest.From(w, &wrongTS, fragment),
		"an empty STORE":           prototest.From(w, &Store{}, nil),
		"a malformed COMPLETE":     prototest.From(w, &Complete{Candidate: bad}, nil),
		"another writer":           prototest.From(w, &Complete{Candidate: other}, nil),
		"COMPLETE of c0":           prototest.From(w, &Complete{}, nil),
		"FILTER of nothing":        prototest.From(r, &Filter{}, nil),
		"FILTER of c0":             prototest.From(r, &Filter{Candidates: []Candidate{good, {}}}, nil),
		"a malformed FILTER":       prototest.From(r, &Filter{Candidates: []Candidate{bad}}, nil),
	})
}

// GC (lines 28 to 31): the highest valid candidate becomes lc, what is not higher goes, what is stays.
func TestGarbageCollection(t *testing.T) {
	c, store, fragment, good := requests(t, Protocol{})
	wrong := good
	wrong.Nonce = prototest.Flipped(good.Nonce)
	high := bogus(c, 9)
	c.Ask(protocols.Reader, key, 0, &Filter{Candidates: []Candidate{wrong, high, good}})
	c.Ask(protocols.Reader, key, 0, &Filter{Candidates: []Candidate{good}})
	if n := len(backOf(c, 0)); n != 3 {
		t.Fatalf("LC has %d candidates, want 3: a second one of a kind adds nothing", n)
	}
	ack := c.Ask(protocols.Reader, key, 0, &Collect{}).Body.(*CollectAck)
	if len(ack.Candidates) != 4 || !ack.Candidates[3].TS.IsZero() {
		t.Errorf("COLLECT before STORE: %v, want LC and c0", ack.Candidates)
	}
	m := protocols.Message{Body: &store, Payload: fragment}
	if _, err := c.Request(protocols.Writer, key, 0, m); err != nil {
		t.Fatal(err)
	}
	ack = c.Ask(protocols.Reader, key, 0, &Collect{}).Body.(*CollectAck)
	if len(ack.Candidates) != 2 || !ack.Candidates[0].same(high) || !ack.Candidates[1].same(good) {
		t.Errorf("COLLECT after STORE: %v, want the bogus one and the valid one as lc", ack.Candidates)
	}
	if lc, back := lcOf(c, 0), backOf(c, 0); !lc.same(good) || len(back) != 1 {
		t.Errorf("after GC lc is %v and LC has %d candidates", lc.TS, len(back))
	}
	c.Ask(protocols.Writer, key, 0, &Complete{Candidate: bogus(c, 10)})
	ack = c.Ask(protocols.Reader, key, 0, &Collect{}).Body.(*CollectAck)
	if len(ack.Candidates) != 1 || len(backOf(c, 0)) != 0 {
		t.Errorf("above all of LC: %v, want lc alone", ack.Candidates)
	}
}

// GC that changes nothing stores nothing: READs of what is written long ago cost no write to the disk.
func TestGarbageThatStays(t *testing.T) {
	c, _, _, _ := requests(t, Protocol{})
	c.Ask(protocols.Reader, key, 0, &Filter{Candidates: []Candidate{bogus(c, 9)}})
	state := &prototest.Peek{Cluster: c, Server: 0, Key: key}
	_, records, err := c.Servers[0].Handle(protocols.Reader, key, protocols.Message{Body: &Collect{}}, state)
	if err != nil || len(records) > 0 || len(backOf(c, 0)) != 1 {
		t.Errorf("COLLECT stores %v, %v", records, err)
	}
}

// What is stored or complete is not replaced by what is not higher (D8, line 26).
func TestNothingIsOverwritten(t *testing.T) {
	c, store, fragment, good := requests(t, Protocol{})
	for _, f := range [][]byte{fragment, prototest.Flipped(fragment)} {
		m := protocols.Message{Body: &store, Payload: f}
		if _, err := c.Request(protocols.Writer, key, 0, m); err != nil {
			t.Fatal(err)
		}
	}
	if r, _ := c.Record(0, key, recordHist(good.TS)); string(r.Payload) != string(fragment) {
		t.Errorf("Hist has %q, want %q", r.Payload, fragment)
	}
	for _, num := range []uint64{2, 1, 2} {
		c.Ask(protocols.Writer, key, 0, &Complete{Candidate: bogus(c, num)})
	}
	if lc := lcOf(c, 0); !lc.same(bogus(c, 2)) {
		t.Errorf("lc is %v, want 2.1", lc.TS)
	}
}

// Of several candidates FILTER answers the highest valid one, and reads the fragment of no other.
func TestFilterReadsOneFragment(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	var candidates []Candidate
	for _, value := range []string{"a", "b", "c"} {
		c.Finish(w.Write(key, []byte(value)))
		candidates = append(candidates, lcOf(c, 0))
	}
	candidates[2].Nonce = prototest.Flipped(candidates[2].Nonce)
	state := &prototest.Peek{Cluster: c, Key: key}
	request := protocols.Message{Body: &Filter{Candidates: candidates}}
	reply, records, err := c.Servers[0].Handle(protocols.Reader, key, request, state)
	if err != nil || len(records) > 0 {
		t.Fatalf("%d records, %v: want none, as nothing is above lc", len(records), err)
	}
	ack := reply.Body.(*FilterAck)
	if ack.TS.Num != 2 || ack.CC == nil || string(reply.Payload) != "b" {
		t.Errorf("FILTER: ts %v, fragment %q, want 2.1 and b", ack.TS, reply.Payload)
	}
	if want := []string{recordHist(ack.TS)}; !slices.Equal(state.Payloads, want) {
		t.Errorf("payloads read: %v, want %v", state.Payloads, want)
	}
}

// A proof for another t says what it takes here, and leaves nothing behind.
func TestProofsOfAnotherT(t *testing.T) {
	for _, p := range []Protocol{{}, {Polynomial: true}} {
		c := prototest.New(t, p, 2, "modern", 1)
		secret := make([]byte, pow.Polynomial{T: 1}.SecretSize())
		complete := &Complete{Candidate: Candidate{TS: protocols.Timestamp{Num: 1, PID: 1}, Nonce: secret}}
		_, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: complete})
		want := fmt.Sprintf("a proof of 64 bytes; for t = 2 it is %d", p.params(2, suite.Modern()).pow.SecretSize())
		if !errors.Is(err, protocols.ErrRefused) || !strings.Contains(err.Error(), want) || c.Records(0, "k") != 0 {
			t.Errorf("%s: %v, want %q", protocols.NameOf(p), err, want)
		}
	}
}
