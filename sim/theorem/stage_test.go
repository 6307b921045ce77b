package theorem

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
	"github.com/powbench/powbench/workloads"
)

const key = protocols.Key("k")

// stage is a cluster in the blocks of the proof: T1, T2 and T3 of t servers each, and T4 of the rest. Where servers
// only crash there is no T2.
type stage struct {
	*prototest.Cluster
	t              *testing.T
	t1, t2, t3, t4 []int
	rounds         int              // of a WRITE
	runs           []*prototest.Run // all operations, for the checkers
}

func newStage(t *testing.T, p protocols.Protocol, faults int, crashOnly bool) *stage {
	s := &stage{Cluster: prototest.New(t, p, faults, "modern", 1), t: t, rounds: len(p.Traits(faults).Legs(protocols.Write))}
	rest := make([]int, p.Traits(faults).Servers)
	for i := range rest {
		rest[i] = i
	}
	s.t1, rest = rest[:faults], rest[faults:]
	if !crashOnly {
		s.t2, rest = rest[:faults], rest[faults:]
	}
	s.t3, s.t4 = rest[:faults], rest[faults:]
	return s
}

// write begins WRITE(v).
func (s *stage) write() *prototest.Run {
	r := s.Client(1, protocols.Writer).Write(key, []byte("v"))
	s.runs = append(s.runs, r)
	return r
}

// read runs a READ as far as it comes with the blocks named.
func (s *stage) read(client uint64, blocks ...[]int) *prototest.Run {
	r := s.Client(client, protocols.Reader).Read(key)
	s.runs = append(s.runs, r)
	s.deliver(r, blocks...)
	return r
}

// deliver delivers what the run sends to the blocks, and their replies.
func (s *stage) deliver(r *prototest.Run, blocks ...[]int) {
	of := prototest.Of(slices.Concat(blocks...)...)
	s.Deliver(func(e prototest.Envelope) bool { return r.Is(e) && of(e) })
}

// h4 is the history of runs 1', 2 and 4 of the proof. WRITE(v) skips T4 and ends. T2, which is faulty, goes back to
// its initial state. rd1 skips T1, and must return v. It returns rd1.
func (s *stage) h4() *prototest.Run {
	wr := s.write()
	s.deliver(wr, s.t1, s.t2, s.t3)
	if !wr.Done() {
		s.Fatalf("the WRITE does not end without T4")
	}
	for _, i := range s.t2 {
		s.Reset(i)
	}
	return s.read(2, s.t2, s.t3, s.t4)
}

// h6 is the history of runs 1, 3, 5 and 6. The last round of WRITE(v) reaches T3 alone, and its writer crashes; a
// round before it, which a fast WRITE has not, skips T4 only. rd1 skips T1. T3, which is faulty, crashes, and rd2
// hears of all that are left: it must return v if rd1 did. It returns rd1.
func (s *stage) h6() *prototest.Run {
	wr := s.write()
	early := prototest.Of(slices.Concat(s.t1, s.t2, s.t3)...)
	s.Deliver(func(e prototest.Envelope) bool { return e.Round < s.rounds && early(e) })
	s.deliver(wr, s.t3)
	wr.Abandon()
	s.Lose(wr.Is)
	rd1 := s.read(2, s.t2, s.t3, s.t4)
	if !rd1.Done() {
		return rd1
	}
	for _, i := range s.t3 {
		s.Crash(i)
	}
	s.read(3, s.t1, s.t2, s.t4)
	return rd1
}

// ending says how a history came out.
type ending string

const (
	holds   ending = "holds"
	wrong   ending = "not linearizable"
	blocked ending = "not wait-free"
)

// judge delivers what is still in flight, as messages may be late but are not lost, and has two checkers look at the
// history; they must agree.
func (s *stage) judge() ending {
	s.Run()
	for _, r := range s.runs {
		if r.Kind == protocols.Read && !r.Done() {
			return blocked
		}
	}
	err, zones := prototest.CheckHistory(s.runs), history.Zones(s.entries())
	if (err == nil) != (zones.Code == result.Linearizable) {
		s.Fatalf("the checkers disagree: %v, %s: %s", err, zones.Code, zones.Detail)
	}
	if err != nil {
		return wrong
	}
	return holds
}

// entries is the history as the zone checker reads it. The only value is v.
func (s *stage) entries() (all []history.Entry) {
	for i, r := range s.runs {
		e := history.Entry{
			Client: r.Client, Seq: uint64(i), Key: key, Op: r.Kind, Start: int64(r.Began), End: history.Forever,
			Outcome: history.Pending, Value: workloads.ID{Client: 1, Seq: 1},
		}
		if r.Done() {
			result := s.result(r)
			e.Complete(int64(r.Ended), result.Timestamp)
			if e.Bottom = result.Bottom; e.Bottom {
				e.Value = workloads.ID{}
			}
		}
		all = append(all, e)
	}
	return all
}

func (s *stage) result(r *prototest.Run) protocols.Result {
	result, err := r.Result()
	if err != nil {
		s.Fatalf("%s of p%d: %v", r.Kind, r.Client, err)
	}
	return result
}

// transcript is all that the READ's client sees and what it makes of it.
func (s *stage) transcript(r *prototest.Run) string {
	var b strings.Builder
	for _, e := range r.Trace {
		if !e.Reply {
			continue
		}
		body, err := wire.Marshal(nil, e.Body)
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(&b, "round %d, s%d: %x %x\n", e.Round, e.Server+1, body, e.Payload)
	}
	if r.Done() {
		fmt.Fprintf(&b, "returns %+v\n", s.result(r))
	}
	return b.String()
}
