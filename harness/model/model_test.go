package model

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/wire"
)

var ops = []protocols.Op{protocols.Read, protocols.Write}

func count(t testing.TB, c Case) Cost {
	t.Helper()
	cost, err := Count(c)
	if err != nil {
		t.Fatalf("%s of %s, t=%d, %d bytes: %v", c.Op, protocols.NameOf(c.Protocol), c.T, c.ValueBytes, err)
	}
	return cost
}

// What values and fragments alone move is what each protocol says of itself, of every size: each of a round's messages
// may be rounded up to whole bytes.
func TestPayloadIsTheProtocols(t *testing.T) {
	for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
		for faults := 1; faults <= 4; faults++ {
			is := p.Traits(faults)
			for _, op := range ops {
				for _, size := range []int{1, 1000, 1 << 16} {
					cost := count(t, Case{Protocol: p, Suite: "modern", T: faults, Op: op, ValueBytes: size, Writes: 1})
					legs := is.Legs(op)
					if len(cost.Rounds) != len(legs) {
						t.Fatalf("%s of %s, t=%d: %d rounds, want %d", op, is.System(), faults, len(cost.Rounds), len(legs))
					}
					for i, r := range cost.Rounds {
						got := (Cost{Rounds: []Round{r}}).Payload()
						all := float64(is.Servers * size)
						if up, down := float64(got.ClientToServer)-all*legs[i].Request, float64(got.ServerToClient)-all*legs[i].Reply; up < -1e-6 || up > float64(2*is.Servers) || down < -1e-6 || down > float64(2*is.Servers) {
							t.Errorf("%s of %s, t=%d, %d bytes: round %d moves %+v, want %+v of %v", op, is.System(), faults, size, i+1, got, legs[i], all)
						}
					}
				}
			}
		}
	}
}

// exaggerating is a protocol whose Traits say what its automata do not do.
type exaggerating struct {
	protocols.Protocol
	change func(*protocols.Traits)
}

func (e exaggerating) Traits(t int) protocols.Traits {
	is := e.Protocol.Traits(t)
	e.change(&is)
	return is
}

// Traits that contradict their automata are named, before anybody measures by them.
func TestCheck(t *testing.T) {
	for _, p := range slices.Concat(catalog.All(), catalog.Variants(), catalog.Nulls()) {
		for _, op := range ops {
			if err := Check(p, "modern", 2, op); err != nil {
				t.Error(err)
			}
		}
	}
	for want, change := range map[string]func(*protocols.Traits){
		"mabd, t = 1: Traits has 1 rounds for a read, its automata take 2": func(is *protocols.Traits) { is.Read = is.Read[1:] },
		"round 2 of a read moves 1.000 values to and 0.000 from each server, Traits says 0.500 and 0.000": func(is *protocols.Traits) {
			is.Read = []protocols.Leg{{Reply: 1}, {Request: 0.5}}
		},
	} {
		err := Check(exaggerating{mabd.Protocol{}, change}, "paper", 1, protocols.Read)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A null protocol moves what its namesake moves, message by message: to the byte from 64 KiB on, and below except for how
// long the numbers in a server's replies are.
func TestNullIsAsLongAsItsNamesake(t *testing.T) {
	for _, null := range catalog.Nulls() {
		_, name := protocols.SplitName(protocols.NameOf(null))
		namesake, err := catalog.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for faults := 1; faults <= 10; faults++ {
			sizes := []int{64 << 10}
			if faults <= 3 {
				sizes = []int{32, 4 << 10, 64 << 10, 256<<10 + 1, 1 << 20}
			}
			for _, size := range sizes {
				for _, op := range ops {
					for _, pid := range []uint64{1, 300} {
						c := Case{
							Protocol: namesake, Suite: []string{"paper", "modern"}[faults%2], T: faults, Op: op, ValueBytes: size,
							KeyBytes: 10, PID: pid, Writes: 1,
						}
						want := count(t, c)
						c.Protocol = null
						slack := 0
						if size < 64<<10 || pid > 1 {
							slack = 4
						}
						checkLengths(t, c, count(t, c), want, slack)
					}
				}
			}
		}
	}
}

// checkLengths compares two costs: payloads and requests to the byte, replies give or take the slack, and so that the
// operation differs by at most 1 % where values are not tiny.
func checkLengths(t *testing.T, c Case, got, want Cost, slack int) {
	t.Helper()
	what := fmt.Sprintf("%s of %s, t=%d, %d bytes, pid %d", c.Op, protocols.NameOf(c.Protocol), c.T, c.ValueBytes, c.PID)
	if len(got.Rounds) != len(want.Rounds) || got.Servers != want.Servers || got.Messages() != want.Messages() {
		t.Fatalf("%s: %d rounds, %+v messages; want %d, %+v", what, len(got.Rounds), got.Messages(), len(want.Rounds), want.Messages())
	}
	for i, w := range want.Rounds {
		g := got.Rounds[i]
		if !slices.Equal(g.Requests, w.Requests) {
			t.Errorf("%s: requests of round %d %+v, want %+v", what, i+1, g.Requests, w.Requests)
		}
		for s := range w.Replies {
			if g.Replies[s].Payload != w.Replies[s].Payload || math.Abs(float64(g.Replies[s].Bytes-w.Replies[s].Bytes)) > float64(slack) {
				t.Errorf("%s: reply of server %d in round %d %+v, want %+v", what, s+1, i+1, g.Replies[s], w.Replies[s])
			}
		}
	}
	if off := math.Abs(float64(got.Bytes().Sum())/float64(want.Bytes().Sum()) - 1); c.ValueBytes >= 4<<10 && off > 0.01 {
		t.Errorf("%s: %+v bytes, want %+v: off by %.2f %%", what, got.Bytes(), want.Bytes(), 100*off)
	}
}

// The suite that costs nothing counts the same as the one that signs and hashes.
func TestWeightlessCountsTheSame(t *testing.T) {
	for _, name := range []string{"paper", "modern"} {
		for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
			for _, op := range ops {
				c := Case{Protocol: p, Suite: name, T: 2, Op: op, ValueBytes: 1000, KeyBytes: 10, PID: 3, Writes: 2, Operation: 50}
				want := count(t, c)
				s, err := protocols.SuiteFor(p, name)
				if err != nil {
					t.Fatal(err)
				}
				said, err := play.DryRun(play.Case{
					Protocol: p, Suite: s, T: c.T, Op: op, ValueBytes: c.ValueBytes, Key: "0123456789", PID: c.PID, Writes: c.Writes,
				}, protocols.Heap{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := newCost(c, said)
				if err != nil {
					t.Fatal(err)
				}
				if got.Bytes() != want.Bytes() || got.Messages() != want.Messages() {
					t.Errorf("%s of %s, suite %s: %+v, want %+v", op, protocols.NameOf(p), name, got.Bytes(), want.Bytes())
				}
			}
		}
	}
}

// Known counts: what a WRITE of 1 KiB moves to servers, in values, was measured on a network.
func TestSmallValues(t *testing.T) {
	for name, want := range map[string]float64{"mpowerstore": 3.73, "mabd": 3.16} {
		p, err := catalog.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		cost := count(t, Case{Protocol: p, Suite: "paper", T: 1, Op: protocols.Write, ValueBytes: 1024, KeyBytes: 10, Writes: 1, Operation: 100})
		if got := float64(cost.Bytes().ClientToServer) / 1024; math.Abs(got-want) > 0.005 {
			t.Errorf("%s: %.4f values, want %.2f", name, got, want)
		}
	}
}

// A number takes a byte more from 14 on (its ids from 128), and again later: the mean weighs them.
func TestMean(t *testing.T) {
	p, err := catalog.ByName("mabd")
	if err != nil {
		t.Fatal(err)
	}
	c := Case{Protocol: p, Suite: "paper", T: 1, Op: protocols.Read, ValueBytes: 100, Writes: 1}
	at := func(n uint64) float64 {
		c.Operation = n
		return float64(count(t, c).Bytes().ClientToServer)
	}
	for _, r := range []struct{ from, to, short uint64 }{{1, 15, 14}, {1, 29, 15}, {20, 25, 0}} {
		got, err := Mean(c, r.from, r.to)
		if err != nil {
			t.Fatal(err)
		}
		want := 0.
		for n := r.from; n < r.to; n++ {
			want += at(n) / float64(r.to-r.from)
		}
		if math.Abs(got.ClientToServer-want) > 0.005*want {
			t.Errorf("%d to %d: %v bytes, want %v", r.from, r.to, got.ClientToServer, want)
		}
	}
	if got, err := Mean(c, 0, 0); err != nil || got.ClientToServer != at(1) {
		t.Errorf("of no operation: %v, %v, want the first's", got, err)
	}
}

// What a longer timestamp adds is counted: a WRITE of M-ABD at t = 1 names the key's timestamp in three replies and its own in
// three requests. A number's bytes are those that the codec takes.
func TestTimestampBytes(t *testing.T) {
	p, err := catalog.ByName("mabd")
	if err != nil {
		t.Fatal(err)
	}
	for op, want := range map[protocols.Op]result.TrafficFactor{
		protocols.Write: {ClientToServer: 3, ServerToClient: 3}, protocols.Read: {ClientToServer: 3, ServerToClient: 3},
	} {
		got, err := PerTimestampByte(Case{Protocol: p, Suite: "paper", T: 1, Op: op, ValueBytes: 1 << 20})
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", op, got, err, want)
		}
	}
	for _, n := range []uint64{0, 127, 128, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, math.MaxUint64} {
		text, err := wire.Marshal(nil, n)
		if err != nil || NumberBytes(n) != len(text) {
			t.Errorf("%d: %d bytes, the codec takes %d, %v", n, NumberBytes(n), len(text), err)
		}
	}
}

// All systems can be asked for what a longer timestamp adds.
func TestTimestampBytesOfAll(t *testing.T) {
	for _, p := range slices.Concat(catalog.All(), catalog.Variants()) {
		for _, op := range ops {
			got, err := PerTimestampByte(Case{Protocol: p, Suite: "paper", T: 2, Op: op, ValueBytes: 100})
			most := float64(8 * p.Traits(2).Servers)
			if err != nil || got.ClientToServer < 0 || got.ServerToClient < 0 || got.ClientToServer+got.ServerToClient == 0 ||
				got.ClientToServer > most || got.ServerToClient > most {
				t.Errorf("%s of %s: %+v, %v", op, protocols.NameOf(p), got, err)
			}
		}
	}
}

func TestKinds(t *testing.T) {
	for name, want := range map[string][2]result.Rounds{
		"mpowerstore": {{Data: 1, Metadata: 1}, {Data: 1, Metadata: 2}}, "mabd": {{Data: 2}, {Data: 1, Metadata: 1}},
	} {
		p, err := catalog.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, op := range ops {
			if got := count(t, Case{Protocol: p, Suite: "paper", T: 1, Op: op, ValueBytes: 64, Writes: 1}).Kinds(); got != want[i] {
				t.Errorf("%s of %s: %v, want %v", op, name, got, want[i])
			}
		}
	}
}

// BenchmarkAll counts all protocols, for t from 1 to 10 and ten sizes up to 16 MiB.
func BenchmarkAll(b *testing.B) {
	for b.Loop() {
		for _, p := range catalog.All() {
			for faults := 1; faults <= 10; faults++ {
				for _, op := range ops {
					for size := 64; size <= 16<<20; size *= 4 {
						count(b, Case{Protocol: p, Suite: "paper", T: faults, Op: op, ValueBytes: size, KeyBytes: 10, Writes: 1})
					}
				}
			}
		}
	}
}

func ExampleCount() {
	p, err := catalog.ByName("mpowerstore")
	if err != nil {
		panic(err)
	}
	cost, err := Count(Case{Protocol: p, Suite: "paper", T: 1, Op: protocols.Write, ValueBytes: 256 << 10, KeyBytes: 10})
	if err != nil {
		panic(err)
	}
	fmt.Println(cost.Kinds(), cost.Messages().ClientToServer, "requests")
	fmt.Println("payload:", cost.Payload().ClientToServer/(256<<10), "values")
	// Output:
	// D+2d 12 requests
	// payload: 2 values
}
