package catalog

import (
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/harness/sweep"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/wire"
)

// fuzzed are the protocols that messages are made up for.
func fuzzed() []protocols.Protocol { return slices.Concat(All(), Variants()) }

// addBodies adds what correct clients and servers send: a WRITE's and a READ's messages of each protocol.
func addBodies(f *testing.F, add func(protocol int, m protocols.Message, body []byte)) {
	f.Helper()
	for i := range fuzzed() {
		for _, op := range []protocols.Op{protocols.Write, protocols.Read} {
			for _, leg := range said(f, i, op) {
				for _, m := range slices.Concat(leg.Requests, leg.Replies, leg.Between) {
					if m.Body != nil {
						add(i, m, encode(f, m.Body))
					}
				}
			}
		}
	}
}

// said is what is said in the first WRITE of a register, or in the READ after it.
func said(t testing.TB, protocol int, op protocols.Op) play.Transcript {
	t.Helper()
	p := fuzzed()[protocol]
	s, err := protocols.SuiteFor(p, "modern")
	if err != nil {
		t.Fatal(err)
	}
	writes := 0
	if op == protocols.Read {
		writes = 1
	}
	c := play.Case{Protocol: p, Suite: s, T: 1, Op: op, ValueBytes: 40, Key: "k", PID: 1, Writes: writes}
	transcript, err := play.DryRun(c, heap{})
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

func encode(t testing.TB, body protocols.Body) []byte {
	t.Helper()
	data, err := wire.Marshal(nil, body)
	if err != nil {
		t.Fatalf("%T cannot be sent: %v", body, err)
	}
	return data
}

// heap is memory that the collector takes back. It has no room for more than operations on the largest value need, whatever lengths
// servers name.
type heap struct{}

func (heap) Bytes(n int) []byte {
	if n > 2*protocols.MaxValueBytes {
		panic(fmt.Sprintf("an operation wants %d bytes", n))
	}
	return make([]byte, n)
}

// Whatever bytes a body is decoded from, it is refused or is what its own encoding is decoded to: nothing is lost on the way through
// a server that passes it on or stores it.
func FuzzBodies(f *testing.F) {
	addBodies(f, func(protocol int, m protocols.Message, body []byte) {
		f.Add(uint8(protocol), uint8(m.Body.Kind()), body)
	})
	all := fuzzed()
	sweep.Fuzz(f, func(t testing.TB, protocol, kind uint8, data []byte) {
		p := all[int(protocol)%len(all)]
		body := p.NewBody(protocols.Kind(kind))
		if body == nil || wire.Unmarshal(data, body) != nil {
			return
		}
		again, err := wire.Marshal(nil, body)
		if err != nil {
			t.Fatalf("%T cannot be sent: %v", body, err)
		}
		copied := p.NewBody(protocols.Kind(kind))
		if err := wire.Unmarshal(again, copied); err != nil {
			t.Fatalf("%T: what it sends is refused: %v", body, err)
		}
		twice, err := wire.Marshal(nil, copied)
		if err != nil || string(twice) != string(again) {
			t.Fatalf("%T: %x becomes %x: %v", body, again, twice, err)
		}
	})
}
