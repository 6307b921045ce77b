package prototest

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/powbench/powbench/protocols"
)

// Conform holds a protocol to what the model asks of any; of one that keeps no value only what it asks of its messages. A protocol's own tests are about what is particular to it:
// which lies it withstands, which replies it takes for malformed, which sentence of its paper relies on what.
func Conform(t *testing.T, p protocols.Protocol) {
	t.Helper()
	is := p.Traits(1)
	signed := is.Scheme != "" // it differs from its protocol in its signatures alone, which may take long
	for _, aspect := range []struct {
		name        string
		check       func(*testing.T, protocols.Protocol)
		slow, value bool // value: it is about what a register keeps
	}{
		{"traits", conformTraits, false, false},
		{"bodies", conformBodies, false, false},
		{"quiet", conformQuiet, false, true},
		{"beginnings", conformBeginnings, false, false},
		{"requests", conformRequests, false, false},
		{"replies", conformReplies, false, true},
		{"silence", conformSilence, true, true},
		{"deaths", conformDeaths, true, true},
		{"sequences", CheckSequential, true, true},
		{"schedules", conformSchedules, false, true},
	} {
		if !(aspect.slow && signed) && !(aspect.value && is.Null) {
			t.Run(aspect.name, func(t *testing.T) { aspect.check(t, p) })
		}
	}
}

// conformSchedules: random schedules are linearizable, and their operations end.
func conformSchedules(t *testing.T, p protocols.Protocol) {
	seeds := 80
	if p.Traits(1).Scheme != "" {
		seeds = 6
	}
	for faults := 1; faults <= 3; faults++ {
		Scenario{Protocol: p, Faults: faults, Seeds: seeds / faults}.Check(t)
	}
	Scenario{Protocol: p, Suite: "paper", Seeds: 5}.Check(t)
}

// conformTraits: any two quorums share a server that is not faulty or, where servers lie, t+1 servers; and one is left
// when t servers are silent.
func conformTraits(t *testing.T, p protocols.Protocol) {
	for f := 1; f <= 10; f++ {
		is := p.Traits(f)
		if is.Quorum > is.Servers-f {
			t.Errorf("t=%d: a quorum of %d servers needs a faulty one among %d", f, is.Quorum, is.Servers)
		}
		if shared := 2*is.Quorum - is.Servers; shared < 1+is.LyingServers {
			t.Errorf("t=%d: quorums of %d of %d share %d servers, of which %d may lie", f, is.Quorum, is.Servers, shared,
				is.LyingServers)
		}
		if is.LyingServers != 0 && (is.LyingServers != f || is.Servers <= 3*f) {
			t.Errorf("t=%d: %d of %d servers may lie", f, is.LyingServers, is.Servers)
		}
		for _, legs := range [][]protocols.Leg{is.Read, is.Write} {
			if len(legs) == 0 || len(legs) > protocols.MaxRounds {
				t.Errorf("t=%d: an operation of %d rounds", f, len(legs))
			}
		}
		if name, variant := protocols.SplitName(is.System()); name != is.Name || variant != is.Variant || is.Title == "" {
			t.Errorf("t=%d: %q, of %q and %q, titled %q", f, is.System(), is.Name, is.Variant, is.Title)
		}
	}
}

// quiet delivers all that a run brings about, oldest first, and returns the bytes of payload to and from servers, by
// round.
func (c *Cluster) quiet(run *Run) (up, down, between [protocols.MaxRounds + 1]float64) {
	c.Deliver(func(e Envelope) bool {
		if e.Peer {
			between[run.Rounds()] += float64(len(e.Payload))
		} else if e.Reply {
			down[e.Round] += float64(len(e.Payload))
		} else {
			up[e.Round] += float64(len(e.Payload))
		}
		return true
	})
	c.Finish(run)
	return up, down, between
}

// conformQuiet: when nothing interferes, operations take the rounds that Traits says, move what its legs say, and return
// what a register must.
func conformQuiet(t *testing.T, p protocols.Protocol) {
	for faults := 1; faults <= 3; faults++ {
		is := p.Traits(faults)
		c := New(t, p, faults, map[bool]string{true: "paper", false: "modern"}[faults == 2], 1)
		w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
		none := r.Read("k")
		if got := c.Finish(none); !got.Bottom || got.Value != nil || !got.Timestamp.IsZero() || none.Rounds() != 1 {
			t.Errorf("t=%d: a READ before any WRITE: %+v after %d rounds, want ⊥ after 1", faults, got, none.Rounds())
		}
		for i, value := range [][]byte{[]byte("v"), {}, make([]byte, 1<<20), nil, []byte("w")} {
			want := protocols.Timestamp{Num: uint64(i) + 1, PID: 1}
			write := w.Write("k", value)
			c.checkLegs(write, is.Write, len(value))
			if got, _ := write.Result(); got.Timestamp != want || got.Value != nil || got.Bottom {
				t.Errorf("t=%d: WRITE %d: %+v, want timestamp %v and no value", faults, i+1, got, want)
			}
			for _, client := range []*Client{r, w} {
				read := client.Read("k")
				c.checkLegs(read, is.Read, len(value))
				got, _ := read.Result()
				if !bytes.Equal(got.Value, value) || got.Value == nil || got.Bottom || got.Timestamp != want {
					t.Errorf("t=%d: the READ after WRITE %d of %d bytes: %d bytes, ⊥ %v, timestamp %v", faults, i+1, len(value),
						len(got.Value), got.Bottom, got.Timestamp)
				}
			}
		}
		if got := c.Finish(r.Read("other")); !got.Bottom {
			t.Errorf("t=%d: a READ of another key: %+v", faults, got)
		}
		if got := c.Finish(w.Write("other", nil)); got.Timestamp.Num != 1 {
			t.Errorf("t=%d: the first WRITE of another key: %v", faults, got.Timestamp)
		}
	}
}

// checkLegs plays the run and compares what moves with the legs, give or take 3 bytes a message: fragments are rounded
// up.
func (c *Cluster) checkLegs(run *Run, legs []protocols.Leg, length int) {
	up, down, between := c.quiet(run)
	if run.Rounds() != len(legs) {
		c.Fatalf("a quiet %s takes %d rounds, Traits says %d", run.Kind, run.Rounds(), len(legs))
	}
	for i, leg := range legs {
		all := float64(len(c.Servers) * length)
		off := max(math.Abs(up[i+1]-leg.Request*all), math.Abs(down[i+1]-leg.Reply*all))
		among := math.Abs(between[i+1] - leg.Between*all)
		if servers := float64(len(c.Servers)); off > 3*servers || among > 3*2*servers*servers {
			c.Fatalf("round %d of a %s of %d bytes moves %v bytes up, %v down and %v between servers, Traits says %+v", i+1,
				run.Kind, length, up[i+1], down[i+1], between[i+1], leg)
		}
	}
}

// conformSilence: whatever t servers in a row are silent, values of all short lengths and of the largest come back.
func conformSilence(t *testing.T, p protocols.Protocol) {
	for faults := 1; faults <= 4; faults++ {
		c := New(t, p, faults, "modern", 1)
		w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
		lengths := []int{protocols.MaxValueBytes}
		for n := range 71 {
			lengths = append(lengths, n)
		}
		for i, n := range lengths[min(1, faults-1):] {
			value := make([]byte, n)
			for i := range value {
				value[i] = byte(i * i >> 3)
			}
			c.Hold(func(e Envelope) bool { return (e.Server+i)%len(c.Servers) < faults })
			c.Finish(w.Write("k", value))
			if got := c.Finish(r.Read("k")); got.Bottom || got.Value == nil || !bytes.Equal(got.Value, value) {
				t.Fatalf("t=%d: a value of %d bytes came back as %d bytes", faults, n, len(got.Value))
			}
			c.Lose(Everything)
			c.Release()
		}
	}
}

// conformBeginnings: what a client must not do ends at once, with an error and without messages.
func conformBeginnings(t *testing.T, p protocols.Protocol) {
	c := New(t, p, 1, "modern", 1)
	long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
	w := c.Client(2, protocols.Writer)
	params := protocols.ClientParams{T: 1, PID: 1, Suite: c.Suite}
	for name, run := range map[string]*Run{
		"a reader's WRITE":      c.Client(1, protocols.Reader).Write("k", nil),
		"a WRITE by process 0":  c.Client(0, protocols.Writer).Write("k", nil),
		"a READ of a long key":  w.Read(long),
		"a WRITE to a long key": w.Write(long, nil),
		"a WRITE too large":     w.Write("k", make([]byte, protocols.MaxValueBytes+1)),
		"a WRITE without a key": c.Start(w, "k", protocols.Write, nil, p.NewRegister(params).Write("k", nil, protocols.Heap{})),
	} {
		if _, err := run.Result(); len(c.Flying()) > 0 || !run.Done() || err == nil {
			t.Errorf("%s begins, or ends without an error", name)
		}
	}
	reason := errors.New("no entropy")
	params.Keys, params.Entropy = c.WriterKeys, iotest.ErrReader(reason)
	run := c.Start(w, "k", protocols.Write, nil, protocols.Incarnate(p, params).Write("k", nil, protocols.Heap{}))
	c.Run()
	if _, err := run.Result(); !run.Done() || err != nil && !errors.Is(err, reason) {
		t.Errorf("a WRITE without entropy: done %v, %v", run.Done(), err)
	}
}

// conformDeaths: when clients die or give up half-way, no timestamp is used twice and READs do not go back in time.
func conformDeaths(t *testing.T, p protocols.Protocol) {
	is := p.Traits(1)
	for round, leg := range is.Write {
		if c := New(t, p, 1, "modern", 1); leg.Request > 0 || round == len(is.Write)-1 {
			w := c.Client(1, protocols.Writer)
			c.die(w.Write("k", []byte("lost")), round+1, 0)
			c.Hold(Of(0))
			if got := c.Finish(w.Write("k", []byte("next"))); got.Timestamp.Num != 2 {
				t.Errorf("the WRITE after one that was lost in round %d has timestamp %v: 1.1 was issued", round+1, got.Timestamp)
			}
		}
	}
	seen := false
	for i := range 2 * is.Servers * is.Servers * is.Servers {
		reached, first, second := i%is.Servers, i/is.Servers%is.Servers, i/is.Servers/is.Servers%is.Servers
		both := []int{reached, (reached + 1) % is.Servers}[:1+i/is.Servers/is.Servers/is.Servers] // one server, or two
		c := New(t, p, 1, "modern", 1)
		c.die(c.Client(1, protocols.Writer).Write("k", []byte("v")), len(is.Write), both...)
		reader := c.Client(2, protocols.Reader)
		var got [2]protocols.Result
		for i, silent := range []int{first, second} {
			c.Hold(Of(silent))
			got[i] = c.Finish(reader.Read("k"))
			c.Lose(Everything)
			c.Release()
		}
		seen = seen || !got[0].Bottom
		if !got[0].Bottom && (string(got[0].Value) != "v" || string(got[1].Value) != "v") {
			t.Errorf("the WRITE reached s%d and %d more; READs without s%d and s%d return %q and %q", reached+1, len(both)-1,
				first+1, second+1, got[0].Value, got[1].Value)
		}
	}
	if !seen && !is.Peers { // Peers agree among themselves, and need more requests for it
		t.Error("no READ returns the value of a WRITE that died in its last round")
	}
}
