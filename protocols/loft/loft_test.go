package loft

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/prototest"
)

// A hand is a client that lies: it sends what it likes.
type hand struct {
	*prototest.Cluster
	params
	t *testing.T
}

func byHand(t *testing.T, faults int) hand {
	c := prototest.New(t, Protocol{}, faults, "modern", 1)
	return hand{c, Protocol{}.params(faults, c.Suite), t}
}

// ask sends a request to a server, which must not refuse it.
func (h hand) ask(from protocols.Role, server int, m protocols.Message) protocols.Body {
	h.t.Helper()
	reply, err := h.Request(from, "k", server, m)
	if err != nil {
		h.t.Fatalf("s%d: %v", server+1, err)
	}
	return reply.Body
}

// encode is the PREPARE of a value to each server.
func (h hand) encode(ts protocols.Timestamp, value string) (Time, []protocols.Message) {
	fragments, err := dispersal.Encode([]byte(value), h.params.t, protocols.Heap{})
	if err != nil {
		h.t.Fatal(err)
	}
	checksum := fingerprint.New(h.suite, len(value), fragments, h.params.t)
	var all []protocols.Message
	for _, f := range fragments {
		all = append(all, protocols.Message{Body: &Prepare{TS: ts, Checksum: checksum}, Payload: f})
	}
	return h.timeOf(ts, checksum), all
}

// prepare has a writer prepare a value at some servers, and returns the rows.
func (h hand) prepare(ts protocols.Timestamp, value string, servers ...int) (Time, proof) {
	h.t.Helper()
	time, requests := h.encode(ts, value)
	rows := make(proof, h.is.Servers)
	for _, server := range servers {
		rows[server] = h.ask(protocols.Writer, server, requests[server]).(*Prepared).Row
	}
	return time, rows
}

// commits reports whether the server commits the version, by the proof.
func (h hand) commits(server int, t Time, p proof) bool {
	h.t.Helper()
	m := &Commit{Time: t, MACs: p.column(server)}
	return h.ask(protocols.Reader, server, protocols.Message{Body: m}).(*Latest).Time.Equal(t)
}

// reads is the value that a READ returns while a server is silent, and its rounds.
func (h hand) reads(pid uint64, silent int) (string, int) {
	h.t.Helper()
	h.Hold(prototest.Of(silent))
	run := h.Client(pid, protocols.Reader).Read("k")
	got := h.Finish(run)
	h.Lose(prototest.Everything)
	h.Release()
	return string(got.Value), run.Rounds()
}

var first = protocols.Timestamp{Num: 1, PID: 9}

// A reader has prepared only what t+1 servers vouch for.
func TestReadersPrepareWhatWritersWrote(t *testing.T) {
	h := byHand(t, 1)
	time, rows := h.prepare(first, "v", 0, 1)
	_, requests := h.encode(first, "v")
	for vouch, want := range map[int]bool{1: false, 2: true} {
		few := slices.Clone(rows)
		clear(few[:2-vouch])
		request := *requests[3].Body.(*Prepare)
		request.MACs = few.column(3)
		_, got := h.ask(protocols.Reader, 3, protocols.Message{Body: &request, Payload: requests[3].Payload}).(*Prepared)
		if got != want {
			t.Errorf("%d vouch for %v: s4 prepares it for a reader: %v", vouch, time.TS, got)
		}
	}
}

// A fragment of no codeword is refused, though it matches its hash: else READs would return this value or that.
func TestPoisonousWritesAreRefused(t *testing.T) {
	h := byHand(t, 1)
	_, one := h.encode(first, "one")
	_, two := h.encode(first, "two")
	mixed := [][]byte{one[0].Payload, one[1].Payload, two[2].Payload, two[3].Payload}
	checksum := fingerprint.New(h.suite, 3, mixed, 1)
	for server, fragment := range mixed {
		m := protocols.Message{Body: &Prepare{TS: first, Checksum: checksum}, Payload: fragment}
		_, err := h.Request(protocols.Writer, "k", server, m)
		if errors.Is(err, protocols.ErrRefused) != (server >= 2) {
			t.Errorf("s%d takes a fragment of %q: %v", server+1, []string{"one", "one", "two", "two"}[server], err)
		}
	}
}

// A writer that lies uses a timestamp for two values. They are two versions, and all READs agree which is the later.
func TestTwoValuesUnderOneTimestamp(t *testing.T) {
	h := byHand(t, 1)
	one, oneRows := h.prepare(first, "one", 0, 1, 2, 3)
	two, twoRows := h.prepare(first, "two", 0, 1, 2, 3)
	for server := range 4 { // some hear of one first, others of two, and of the other later
		times, rows := []Time{one, two}, []proof{oneRows, twoRows}
		for i := range 2 {
			h.commits(server, times[(server+i)%2], rows[(server+i)%2])
		}
	}
	values := map[string]bool{}
	for silent := range 4 {
		value, _ := h.reads(uint64(silent+1), silent)
		values[value] = true
	}
	if len(values) != 1 {
		t.Errorf("READs return %v", values)
	}
}

// A writer that lies commits at some servers alone: with the rows of as few as it needs, and spoilt ones for the others.
// What one READ returns, the next returns too, and whichever server is silent.
func TestHalfCommitted(t *testing.T) {
	for committed := range 16 {
		for silent := range 16 {
			h := byHand(t, 1)
			h.Finish(h.Client(1, protocols.Writer).Write("k", []byte("v")))
			h.Run()
			time, rows := h.prepare(protocols.Timestamp{Num: 2, PID: 9}, "w", 0, 1, 2)
			for server := range 4 {
				if committed>>server&1 == 1 && !h.commits(server, time, rows) {
					t.Fatalf("s%d does not commit", server+1)
				}
			}
			first, _ := h.reads(3, silent%4)
			second, _ := h.reads(4, silent/4)
			if first == "w" && second != "w" || committed == 0 && first != "v" || committed == 15 && first != "w" {
				t.Errorf("committed at %04b, without s%d and then s%d: READs return %q and %q", committed, silent%4+1, silent/4+1,
					first, second)
			}
		}
	}
}

// An old COMMIT changes nothing.
func TestStaleCommit(t *testing.T) {
	h := byHand(t, 1)
	one, oneRows := h.prepare(first, "one", 0, 1, 2, 3)
	two, twoRows := h.prepare(protocols.Timestamp{Num: 2, PID: 9}, "two", 0, 1, 2, 3)
	for server := range 4 {
		if !h.commits(server, two, twoRows) || h.commits(server, one, oneRows) {
			t.Errorf("s%d does not commit a version, or then an older one", server+1)
		}
	}
	if value, rounds := h.reads(1, 0); value != "two" || rounds != 1 {
		t.Errorf("READ returns %q after %d rounds", value, rounds)
	}
}

// WRITEs overtake a READ in each of its rounds: it says so. Whenever it asks for a version, all servers have committed the
// next one, and each tells of another.
func TestStarved(t *testing.T) {
	h := byHand(t, 1)
	op := h.Client(2, protocols.Reader).Register.Read("k", protocols.Heap{})
	requests, ts := op.Start(), first
	for round := 1; requests != nil; round++ {
		var step protocols.Step
		for server := 0; step.Next == nil && !step.Done; server++ {
			ts.Num++
			time, rows := h.prepare(ts, "v", 0, 1, 2, 3)
			if !h.commits(server, time, rows) {
				t.Fatalf("s%d does not commit %v", server+1, ts)
			}
			reply, err := h.Request(protocols.Reader, "k", server, requests[server])
			if err != nil {
				t.Fatal(err)
			}
			step = op.Answer(round, server, reply)
		}
		requests = step.Next
	}
	if _, err := op.Result(); !errors.Is(err, protocols.ErrStarved) {
		t.Errorf("%v, want %v", err, protocols.ErrStarved)
	}
	if n := op.(*read).Restarts(); n < protocols.MaxRounds/2 {
		t.Errorf("it notes %d restarts in %d rounds", n, protocols.MaxRounds)
	}
}

// Timestamps that run far ahead are believed if servers support them, waited for if not, and passed over if 2t+1 are behind.
func TestTimestampsFarAhead(t *testing.T) {
	far, low := protocols.Timestamp{Num: 1 << 40, PID: 1}, protocols.Timestamp{Num: 5, PID: 1}
	at := func(c, h protocols.Timestamp) *Found { return &Found{Committed: c, Highest: h} }
	for name, c := range map[string]struct {
		found []*Found
		want  uint64
	}{
		"one":                   {[]*Found{at(far, far), at(low, low), at(low, low)}, 0},
		"one, and all others":   {[]*Found{at(far, far), at(low, low), at(low, low), at(low, low)}, 5},
		"one, which is support": {[]*Found{at(far, far), at(low, far), at(low, low)}, 1 << 40},
		"a little":              {[]*Found{at(protocols.Timestamp{Num: 5 + leap, PID: 1}, far), at(low, low), at(low, low)}, 5 + leap},
		"none":                  {[]*Found{at(low, far), at(low, low), at(low, low)}, 5},
	} {
		w := &write{params: Protocol{}.params(1, nil)}
		if got, known := w.latest(c.found); known != (c.want > 0) || known && got.Num != c.want {
			t.Errorf("%s far ahead: %v, %v, want %d", name, got, known, c.want)
		}
	}
}

// A writer that lies commits a timestamp far ahead while a WRITE is in FIND, and a server crashes: two servers told of less before
// they prepared it, and there is no third to rule it out. They are asked again, and support it.
func TestFarTimestampsAreAskedForAgain(t *testing.T) {
	h := byHand(t, 1)
	write := h.Client(1, protocols.Writer).Write("k", []byte("v"))
	of := prototest.Of(1, 2)
	h.Deliver(func(e prototest.Envelope) bool { return write.Is(e) && of(e) })
	far := protocols.Timestamp{Num: 1 << 40, PID: 9}
	time, rows := h.prepare(far, "far", 0, 1, 2)
	if !h.commits(0, time, rows) {
		t.Fatal("s1 does not commit")
	}
	h.Crash(3)
	if got := h.Finish(write); got.Timestamp.Num != far.Num+1 || write.Rounds() != 4 {
		t.Errorf("timestamp %v after %d rounds, want the one after %v, after 4", got.Timestamp, write.Rounds(), far)
	}
}

func TestExhausted(t *testing.T) {
	h := byHand(t, 1)
	last := protocols.Timestamp{Num: math.MaxUint64 - 1, PID: 9}
	time, rows := h.prepare(last, "v", 0, 1, 2, 3)
	for server := range 4 {
		h.commits(server, time, rows)
	}
	run := h.Client(1, protocols.Writer).Write("k", []byte("w"))
	h.Run()
	if _, err := run.Result(); !run.Done() || !errors.Is(err, protocols.ErrExhausted) {
		t.Errorf("done %v, %v", run.Done(), err)
	}
}

func TestImplausibleReplies(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("v")))
	c.Run()
	c.CheckIgnored(w, func(honest protocols.Message) (wrong []protocols.Message) {
		switch body := honest.Body.(type) {
		case *Found:
			return []protocols.Message{
				{Body: &Found{Committed: protocols.Timestamp{PID: 1}}},
				{Body: &Found{Committed: protocols.Timestamp{PID: 1}, Highest: first}},
				{Body: &Found{Highest: protocols.Timestamp{PID: 1}}},
				{Body: &Found{Committed: first}},
			}
		case *Prepared:
			return []protocols.Message{{Body: &Prepared{}}, {Body: &Prepared{Row: body.Row[1:]}}}
		case *Latest:
			return []protocols.Message{{Body: &Latest{Time: Time{TS: body.Time.TS}}}}
		}
		return nil
	})
}

// A server whose keys are not of this cluster says what to do.
func TestKeysOfAnotherCluster(t *testing.T) {
	h := byHand(t, 1)
	for _, pairs := range [][][]byte{nil, make([][]byte, 7)} {
		keys := h.ServerKeys[0]
		keys.Pairs = pairs
		s := Protocol{}.NewServer(protocols.ServerParams{T: 1, Suite: h.suite, Keys: keys})
		_, _, err := s.Handle(protocols.Reader, "k", protocols.Message{Body: &Read{}}, prototest.Broken{})
		if err == nil || errors.Is(err, protocols.ErrRefused) || !strings.HasPrefix(err.Error(), "server 1 ") || !strings.Contains(err.Error(), "make a new cluster") {
			t.Errorf("%d keys: %v", len(pairs), err)
		}
	}
}
