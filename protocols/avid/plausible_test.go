package avid

import (
	"math"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// reading is a cluster whose servers all have one version, and a READ that has asked for it.
func reading(t *testing.T, p Protocol) (*prototest.Cluster, *read) {
	c := prototest.New(t, p, 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
	c.Run()
	r := c.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
	r.Start()
	return c, r
}

// A READ takes of a server its version with its own fragment, or none; with fingerprints also a version without the fragment.
func TestPlausible(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, r := reading(t, p)
		honest := c.Ask(protocols.Reader, "k", 0, &Read{})
		for name, x := range map[string]struct {
			change func(v *Version, fragment *[]byte)
			want   bool
		}{
			"what it has":        {func(*Version, *[]byte) {}, true},
			"⊥":                  {func(v *Version, f *[]byte) { *v, *f = Version{}, nil }, true},
			"⊥ with a fragment":  {func(v *Version, _ *[]byte) { *v = Version{} }, false},
			"no process":         {func(v *Version, _ *[]byte) { v.TS.PID = 0 }, false},
			"the highest number": {func(v *Version, _ *[]byte) { v.TS.Num = math.MaxUint64 }, false},
			"too few hashes":     {func(v *Version, _ *[]byte) { v.Check.CC.Hashes = v.Check.CC.Hashes[1:] }, false},
			"too few hashes and no fragment": {func(v *Version, f *[]byte) {
				v.Check.CC.Hashes, *f = v.Check.CC.Hashes[1:], nil
			}, false},
			"another fragment":     {func(_ *Version, f *[]byte) { *f = prototest.Flipped(*f) }, false},
			"too long a fragment":  {func(_ *Version, f *[]byte) { *f = append(*f, 0) }, false},
			"without its fragment": {func(_ *Version, f *[]byte) { *f = nil }, p.Fingerprints},
		} {
			v, fragment := *honest.Body.(*Version), slices.Clone(honest.Payload)
			if x.change(&v, &fragment); r.plausible(&v, 0, fragment) != x.want {
				t.Errorf("%s: plausible %v, want %v", name, !x.want, x.want)
			}
		}
		if r.plausible(honest.Body.(*Version), 1, honest.Payload) {
			t.Error("another server's fragment is plausible")
		}
	})
}

// A READ takes an answer that no correct server gives for none: it neither ends with it nor listens because of it.
func TestReadsHeed(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		c, r := reading(t, p)
		for server := range 4 {
			reply := c.Ask(protocols.Reader, "k", server, &Read{})
			if server == 2 {
				reply.Payload = prototest.Flipped(reply.Payload)
			}
			step := r.Answer(1, server, reply)
			if ends := step.Done || r.decided != nil; ends != (server == 3) || r.told[2] || r.name != nil {
				t.Errorf("after the answer of server %d the READ has ended: %v; it heeds %v", server+1, ends, r.told)
			}
		}
	})
}

// A quorum that has a version is not enough without as many fragments as restore it: with fingerprints some come later. One that came
// stays, though its server speaks of the version once more without it.
func TestReadsWaitForFragments(t *testing.T) {
	c, r := reading(t, Protocol{Fingerprints: true})
	for n, from := range []struct {
		server   int
		fragment bool
	}{{0, true}, {0, false}, {1, false}, {2, false}, {3, true}} {
		reply := c.Ask(protocols.Reader, "k", from.server, &Read{})
		if !from.fragment {
			reply.Payload = nil
		}
		step := r.Answer(1, from.server, reply)
		if ends := step.Done || r.decided != nil; ends != (n == 4) {
			t.Errorf("after %d versions the READ has ended: %v", n+1, ends)
		}
	}
	if got, err := r.Result(); err != nil || string(got.Value) != "v" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A WRITE heeds no timestamp that nobody can have issued, and no acknowledgement before it has dispersed.
func TestWritesHeed(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Register(1, protocols.Writer).Write("k", []byte("v"), protocols.Heap{}).(*write)
	w.Start()
	for name, body := range map[string]protocols.Body{
		"an acknowledgement": &Stored{}, "no process": &Clock{TS: protocols.Timestamp{Num: 1}}, "no number": &Clock{TS: protocols.Timestamp{PID: 1}},
		"the highest number": &Clock{TS: protocols.Timestamp{Num: math.MaxUint64, PID: 1}},
	} {
		for server := range 4 {
			if step := w.Answer(1, server, protocols.Message{Body: body}); step.Next != nil || step.Done {
				t.Fatalf("%s ends the first round", name)
			}
		}
	}
	var step protocols.Step
	for server := range 3 {
		step = w.Answer(1, server, protocols.Message{Body: &Clock{}})
	}
	if step.Next == nil || !w.ts.Equal(protocols.Timestamp{Num: 1, PID: 1}) {
		t.Fatalf("after a quorum's clocks: %+v, timestamp %v", step, w.ts)
	}
	for server := range 4 { // late
		if step := w.Answer(1, server, protocols.Message{Body: &Clock{TS: protocols.Timestamp{Num: 7, PID: 1}}}); step.Next != nil || w.ts.Num != 1 {
			t.Fatalf("a late clock: %+v, timestamp %v", step, w.ts)
		}
		if step := w.Answer(1, server, protocols.Message{Body: &Stored{}}); step.Done {
			t.Fatal("an acknowledgement of another round ends the WRITE")
		}
	}
	for server := range 3 {
		if step := w.Answer(2, server, protocols.Message{Body: &Stored{}}); step.Done != (server == 2) {
			t.Errorf("after %d acknowledgements done: %v", server+1, step.Done)
		}
	}
}

// A WRITE takes several replies of a server to the round in which it listens, and to no other: its second round if a quorum's timestamps
// are not all vouched for.
func TestWritesThatListen(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Register(1, protocols.Writer).Write("k", []byte("v"), protocols.Heap{}).(*write)
	w.Start()
	streams := func() (rounds []int) {
		for round := 1; round <= 3; round++ {
			if w.Streams(round) {
				rounds = append(rounds, round)
			}
		}
		return rounds
	}
	if got := streams(); got != nil {
		t.Errorf("a WRITE that does not listen takes several replies to rounds %v", got)
	}
	var step protocols.Step
	for server := range 3 {
		step = w.Answer(1, server, protocols.Message{Body: &Clock{TS: protocols.Timestamp{Num: uint64(server + 1), PID: 1}}})
	}
	if _, listens := step.Next[0].Body.(*GetTS); !listens {
		t.Fatalf("the last of three timestamps is vouched for: %T", step.Next[0].Body)
	}
	if got := streams(); !slices.Equal(got, []int{2}) {
		t.Errorf("a WRITE that listens takes several replies to rounds %v, want 2", got)
	}
}
