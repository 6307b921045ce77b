package mpowerstore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
	"github.com/powbench/powbench/storage"
)

// bounded prunes as much as can be: what goes wrong with a bounded history goes wrong there first.
var bounded = variants.Bounded(1)

// entries is how many entries of writers 1 to 9 a server holds.
func entries(c *prototest.Cluster, server int) (n int) {
	for num := range uint64(50) {
		for pid := range uint64(10) {
			if _, found := c.Record(server, key, RecordHist(protocols.Timestamp{Num: num, PID: pid})); found {
				n++
			}
		}
	}
	return n
}

// horizonOf is up to which timestamp a server has pruned.
func horizonOf(t *testing.T, c *prototest.Cluster, server int) protocols.Timestamp {
	t.Helper()
	var h struct {
		Horizon protocols.Timestamp
		Entries []protocols.Timestamp
	}
	r, _ := c.Record(server, key, "kept")
	if err := wire.Unmarshal(r.Body, &h); err != nil {
		t.Fatal(err)
	}
	return h.Horizon
}

// However many WRITEs complete, K entries stay, and they are the latest. One is READ in two rounds as ever.
func TestHistoryIsBounded(t *testing.T) {
	for _, k := range []int{1, 2, 4} {
		c := prototest.New(t, variants.Bounded(k), 1, "modern", 1)
		w := c.Client(1, protocols.Writer)
		for n := 1; n <= 20; n++ {
			c.Finish(w.Write(key, fmt.Append(nil, n)))
			if got, want := entries(c, 0), min(n, k); got != want {
				t.Fatalf("K=%d: after %d WRITEs s1 holds %d entries, want %d", k, n, got, want)
			}
		}
		if c.Records(0, key) != k+2 { // lc and what is kept
			t.Errorf("K=%d: s1 keeps %d records", k, c.Records(0, key))
		}
		read := c.Client(2, protocols.Reader).Read(key)
		if got := c.Finish(read); string(got.Value) != "20" || read.Rounds() != 2 {
			t.Errorf("K=%d: READ %q in %d rounds, want 20 in 2", k, got.Value, read.Rounds())
		}
	}
}

// Entries of WRITEs that have not completed stay, whatever their number, until a higher one has: then they go too.
func TestEntriesAboveLCStay(t *testing.T) {
	c := prototest.New(t, bounded, 1, "modern", 1)
	for pid := range uint64(5) {
		write := c.Client(pid+1, protocols.Writer).Write(key, fmt.Append(nil, pid))
		c.Deliver(func(e prototest.Envelope) bool { return write.Is(e) && e.Round < RoundComplete })
		write.Abandon()
		c.Lose(write.Is)
	}
	if got := entries(c, 0); got != 5 {
		t.Errorf("s1 holds %d entries of WRITEs that have not completed, want 5", got)
	}
	c.Finish(c.Client(6, protocols.Writer).Write(key, nil)) // as its pid is the highest, above all of them
	if got := entries(c, 0); got != 1 {
		t.Errorf("s1 holds %d entries after a WRITE has completed, want 1", got)
	}
}

// A STORE that comes when its entry would be pruned is acknowledged, as the WRITE needs it, and leaves no trace.
func TestLateStoreIsNotKept(t *testing.T) {
	c := prototest.New(t, bounded, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	late := w.Write(key, []byte("late"))
	c.Hold(func(e prototest.Envelope) bool {
		return late.Is(e) && e.Server == 0 && e.Round == RoundStore && !e.Reply
	})
	c.Run()
	c.Finish(w.Write(key, []byte("2")))
	c.Finish(w.Write(key, []byte("3")))
	before, horizon := entries(c, 0), horizonOf(t, c, 0)
	if n := c.Deliver(func(e prototest.Envelope) bool { return late.Is(e) }); n < 2 {
		t.Fatalf("%d messages were delivered: the STORE was not acknowledged", n)
	}
	if after := entries(c, 0); before != 1 || after != 1 {
		t.Errorf("s1 holds %d entries before the late STORE and %d after, want 1 and 1", before, after)
	}
	if now := horizonOf(t, c, 0); horizon.Num != 2 || now != horizon {
		t.Errorf("the horizon of s1 is %v before the late STORE and %v after, want 2.1", horizon, now)
	}
}

// overtaken is a READ that has collected the WRITE of 0 when the WRITEs of 1 to n complete everywhere.
func overtaken(t *testing.T, p protocols.Protocol, n int) (c *prototest.Cluster, read *prototest.Run) {
	t.Helper()
	c = prototest.New(t, p, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write(key, []byte("0")))
	read = c.Client(2, protocols.Reader).Read(key)
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == RoundCollect })
	overtake(c, w, read, 1, n)
	return c, read
}

// overtake completes the WRITEs of first to last while the messages of the READ wait.
func overtake(c *prototest.Cluster, w *prototest.Client, read *prototest.Run, first, last int) {
	c.Hold(read.Is)
	for n := first; n <= last; n++ {
		c.Finish(w.Write(key, fmt.Append(nil, n)))
	}
	c.Release()
}

// Fewer than K WRITEs that complete between COLLECT and FILTER cost a READ nothing; with K it needs one more FILTER.
func TestOvertakenReads(t *testing.T) {
	for _, k := range []int{1, 3, 4} {
		for n := range 2 * k {
			c, read := overtaken(t, variants.Bounded(k), n)
			want, rounds := "0", 2
			if n >= k {
				want, rounds = fmt.Sprint(n), 3
			}
			if got := c.Finish(read); string(got.Value) != want || read.Rounds() != rounds {
				t.Errorf("K=%d, %d WRITEs meanwhile: READ %q in %d rounds, want %q in %d",
					k, n, got.Value, read.Rounds(), want, rounds)
			}
		}
	}
}

// A late reply to an earlier FILTER ends the READ, although nobody has answered the last one.
func TestLateRepliesToEarlierFilters(t *testing.T) {
	c := prototest.New(t, bounded, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write(key, []byte("0")))
	forget(c, 2)
	read := c.Client(2, protocols.Reader).Read(key)
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == RoundCollect })
	c.Hold(func(e prototest.Envelope) bool { return !read.Is(e) && e.Server != 0 && e.Round == RoundComplete })
	c.Hold(func(e prototest.Envelope) bool { return read.Is(e) })
	w.Write(key, []byte("1")) // completes at s1 only, which prunes
	c.Run()
	filter := func(servers ...int) {
		of := prototest.Of(servers...)
		c.Deliver(func(e prototest.Envelope) bool { return read.Is(e) && e.Round == RoundFilter && of(e) })
	}
	filter(0, 1, 2)
	if read.Done() || read.Rounds() != 3 {
		t.Fatalf("after FILTER_ACKs without a group the READ is in round %d, done: %v, want another FILTER",
			read.Rounds(), read.Done())
	}
	filter(3)
	if result, err := read.Result(); !read.Done() || err != nil || string(result.Value) != "0" {
		t.Errorf("after the late reply the READ is done: %v, with %q, %v, want 0", read.Done(), result.Value, err)
	}
}

// A READ that WRITEs overtake again and again runs out of rounds. It then waits, and returns nothing wrong.
func TestReadsRunOutOfRounds(t *testing.T) {
	c, read := overtaken(t, bounded, 1)
	w := c.Client(3, protocols.Writer)
	for n := range 2 * (protocols.MaxRounds - 2) {
		round := read.Rounds()
		c.Deliver(func(e prototest.Envelope) bool { return read.Is(e) && e.Round == round })
		overtake(c, w, read, 100+n, 100+n)
	}
	c.Run()
	if read.Done() || read.Rounds() != protocols.MaxRounds-1 {
		t.Errorf("the READ is in round %d, done: %v, want it to wait in round %d",
			read.Rounds(), read.Done(), protocols.MaxRounds-1)
	}
	if got := c.Finish(c.Client(4, protocols.Reader).Read(key)); string(got.Value) != fmt.Sprint(100+2*(protocols.MaxRounds-2)-1) {
		t.Errorf("the next READ returns %q", got.Value)
	}
}

// Of the tops of a server the highest counts, in whatever order they come; and none that is malformed.
func TestTops(t *testing.T) {
	c := prototest.New(t, bounded, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	var all []Candidate
	for n := range 3 {
		c.Finish(w.Write(key, fmt.Append(nil, n)))
		all = append(all, lcOf(c, 0, key))
	}
	malformed := all[2]
	malformed.Vec = nil
	for _, newer := range []bool{false, true} {
		op := c.Register(2, protocols.Reader).Read(key, protocols.Heap{})
		op.Start()
		for server := range 3 {
			op.Answer(RoundCollect, server, protocols.Message{Body: &CollectAck{Candidate: all[0]}})
		}
		ack := func(round, server int, top Candidate) protocols.Step {
			return op.Answer(round, server, protocols.Message{Body: &FilterAck{TS: all[0].TS.Timestamp, Top: &top}})
		}
		ack(RoundFilter, 3, malformed)
		ack(RoundFilter, 0, all[0])
		ack(RoundFilter, 1, all[0])
		if step := ack(RoundFilter, 2, all[1]); step.Next == nil {
			t.Fatal("no second FILTER: the malformed reply counts, or the top does not")
		}
		if newer {
			ack(RoundFilter+1, 0, all[2])
			ack(RoundFilter, 0, all[1]) // late
		}
		third := false
		for server := 1; server < 4; server++ {
			third = ack(RoundFilter+1, server, all[1]).Next != nil || third
		}
		if third != newer {
			t.Errorf("a top is new: %v, a third FILTER begins: %v", newer, third)
		}
	}
}

// FILTER has room for the candidates of COLLECT and a top of each server, and no more.
func TestFilterWithTops(t *testing.T) {
	c := prototest.New(t, bounded, 1, "modern", 1)
	c.Finish(c.Client(1, protocols.Writer).Write(key, nil))
	for n, refused := range map[int]bool{8: false, 9: true} {
		filter := &Filter{Candidates: slices.Repeat([]Candidate{lcOf(c, 0, key)}, n)}
		_, err := c.Request(protocols.Reader, key, 0, protocols.Message{Body: filter})
		if errors.Is(err, protocols.ErrRefused) != refused {
			t.Errorf("FILTER of %d candidates: %v, want a refusal: %v", n, err, refused)
		}
	}
}

// A server that has pruned a candidate's entry, or says so, does not count against the candidate; and as long as this is
// not excluded, nothing lower is returned, however many servers agree on it.
func TestPrunedEntriesAreNotExcluded(t *testing.T) {
	p := variants.Bounded(4)
	c := prototest.New(t, p, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write(key, []byte("1")))
	low := lcOf(c, 0, key)
	c.Finish(w.Write(key, []byte("2")))
	high := lcOf(c, 0, key)

	read := c.Register(2, protocols.Reader).Read(key, protocols.Heap{})
	read.Start()
	for server, candidate := range []Candidate{low, high, high} {
		read.Answer(RoundCollect, server, protocols.Message{Body: &CollectAck{Candidate: candidate}})
	}
	for server := range 4 {
		request := protocols.Message{Body: &Filter{Candidates: []Candidate{low}}}
		reply, err := c.Request(protocols.Reader, key, server, request)
		if err != nil {
			t.Fatal(err)
		}
		ack := reply.Body.(*FilterAck)
		if ack.Top = nil; server > 0 && server < 3 {
			ack.Horizon = high.TS.Timestamp
		}
		if step := read.Answer(RoundFilter, server, reply); step.Done || step.Next != nil {
			result, _ := read.Result()
			t.Fatalf("after the answer of s%d the READ goes on, with %+v: want it to wait", server+1, result)
		}
	}
}

// Over a store on a disk, N ≫ K WRITEs leave K entries.
func TestHistoryOnDisk(t *testing.T) {
	const n = 200
	c := prototest.New(t, variants.Bounded(4), 1, "modern", 1)
	store, err := storage.Open(storage.Options{Dir: t.TempDir(), Durability: protocols.Unsynced, MemTableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	c.Servers[0] = onDisk{c.Servers[0], store}
	w := c.Client(1, protocols.Writer)
	value := make([]byte, 64<<10)
	for range n {
		c.Finish(w.Write(key, value))
	}
	var left []int
	for num := range n {
		name := RecordHist(protocols.Timestamp{Num: uint64(num + 1), PID: 1})
		if _, _, found, err := store.State(key, protocols.Heap{}).Get(name); err != nil {
			t.Fatal(err)
		} else if found {
			left = append(left, num+1)
		}
	}
	if want := []int{n - 3, n - 2, n - 1, n}; !slices.Equal(left, want) {
		t.Errorf("entries %v are left, want %v", left, want)
	}
}

// onDisk is a server whose records lie in a store.
type onDisk struct {
	protocols.Server
	store *storage.Store
}

func (s onDisk) Handle(from protocols.Role, key protocols.Key, request protocols.Message, _ protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := s.Server.Handle(from, key, request, s.store.State(key, protocols.Heap{}))
	if err == nil {
		err = s.store.Apply(key, records)
	}
	return reply, nil, err
}
