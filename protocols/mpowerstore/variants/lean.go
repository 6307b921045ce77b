package variants

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/wire"
)

// lean is the variant Lean.
type lean struct{ mpowerstore.Protocol }

type (
	// Fetch asks for the fragment stored under the timestamp: all who know the timestamp may have it.
	Fetch struct {
		TS protocols.Timestamp
	}
	// FetchAck is the answer to Fetch, with the fragment as payload, if the server holds it.
	FetchAck struct{}
)

// The kinds of these messages come after the paper's.

func (*Fetch) Kind() protocols.Kind    { return 13 }
func (*FetchAck) Kind() protocols.Kind { return 14 }

var newBody = wire.Bodies(&Fetch{}, &FetchAck{})

// NewBody implements protocols.Protocol.
func (p lean) NewBody(kind protocols.Kind) protocols.Body {
	if b := newBody(kind); b != nil {
		return b
	}
	return p.Protocol.NewBody(kind)
}

// Traits implements protocols.Protocol: a READ moves t+1 fragments.
func (p lean) Traits(t int) protocols.Traits {
	traits := p.Protocol.Traits(t)
	traits.Read[1].Reply = 1 / float64(traits.Servers)
	return traits
}

// NewServer implements protocols.Protocol.
func (p lean) NewServer(s protocols.ServerParams) protocols.Server {
	return leanServer{p.Protocol.NewServer(s)}
}

// NewRegister implements protocols.Protocol.
func (p lean) NewRegister(c protocols.ClientParams) protocols.Register {
	return reading{p.Protocol.NewRegister(c), func(r *mpowerstore.Reader, key protocols.Key) protocols.Operation {
		return newLeanReader(r, protocols.Spread(key, c.PID, r.Servers()))
	}}
}

// leanServer answers FETCH, and FILTER without the fragment where that is not wanted.
type leanServer struct{ protocols.Server }

// Handle implements protocols.Server.
func (s leanServer) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	switch m := request.Body.(type) {
	case *mpowerstore.Filter:
		if m.Brief {
			state = bodies{state}
		}
	case *Fetch:
		if err := protocols.CheckKey(key); err != nil {
			return protocols.Message{}, nil, err
		}
		_, fragment, _, err := state.Get(mpowerstore.RecordHist(m.TS))
		return protocols.Message{Body: &FetchAck{}, Payload: fragment}, nil, err
	}
	return s.Server.Handle(from, key, request, state)
}

// bodies is a state whose payloads are not read.
type bodies struct{ protocols.StateReader }

func (s bodies) Get(name string) (body, payload []byte, found bool, err error) {
	body, found, err = s.Body(name)
	return body, nil, found, err
}

// roundFetch takes the place of REPAIR, which then comes one later.
const roundFetch = mpowerstore.RoundFilter + 1

// leanReader is a READ: FILTER goes to all servers, but only t+1 are asked for their fragments. If these are late, or not
// all right, FETCH asks the others for theirs.
//
// The purpose of FILTER does not change: q servers have seen the candidates, and t+1 of them sent the same entry, so that
// one correct server vouches for it. Its cross-checksum tells a right fragment, no matter who sends it and when. FETCH
// does not wait in vain: the entry belongs to the highest candidate that is valid at a correct server, so t+1 correct
// servers hold its fragments; each of them was asked in FILTER or is now, and each sends the entry in FILTER.
type leanReader struct {
	*mpowerstore.Reader
	spared   []bool   // by server: FILTER did not ask it for its fragment
	late     bool     // FILTER is overdue
	fetching bool     // FETCH has begun
	fetched  [][]byte // by server: what came of it
}

// newLeanReader has the READ ask t+1 servers for their fragments, from the first one on.
func newLeanReader(r *mpowerstore.Reader, first int) *leanReader {
	l := &leanReader{Reader: r, spared: make([]bool, r.Servers()), fetched: make([][]byte, r.Servers())}
	for i := r.T + 1; i < r.Servers(); i++ {
		l.spared[(first+i)%r.Servers()] = true
	}
	return l
}

// Answer implements protocols.Operation.
func (r *leanReader) Answer(round, server int, reply protocols.Message) protocols.Step {
	if r.fetching && round >= roundFetch {
		if round == roundFetch {
			return r.fetchAck(server, reply)
		}
		round--
	}
	if round == mpowerstore.RoundFilter {
		return r.filterAck(server, reply)
	}
	step := r.Reader.Answer(round, server, reply)
	if round == mpowerstore.RoundCollect && step.Next != nil {
		r.spare(step.Next)
	}
	return step
}

// spare asks for no more than the entry where the fragment is not wanted.
func (r *leanReader) spare(filter protocols.Broadcast) {
	brief := &mpowerstore.Filter{Candidates: filter[0].Body.(*mpowerstore.Filter).Candidates, Brief: true}
	for i := range filter {
		if r.spared[i] {
			filter[i].Body = brief
		}
	}
}

// filterAck takes an answer to FILTER, also without the fragment if the server was spared, and goes on with FETCH if
// nothing else is missing.
func (r *leanReader) filterAck(server int, reply protocols.Message) (step protocols.Step) {
	if len(reply.Payload) == 0 {
		reply.Payload = r.fetched[server]
	}
	ack, ok := reply.Body.(*mpowerstore.FilterAck)
	switch {
	case !ok || !r.spared[server] || len(reply.Payload) > 0:
		step = r.Reader.Answer(mpowerstore.RoundFilter, server, reply)
	case r.Round == mpowerstore.RoundFilter && r.Told(ack):
		step = r.Filter(server, candidates.Answer[*mpowerstore.Entry]{TS: ack.TS, Entry: ack.Entry, Missing: true})
	}
	if step.Next != nil || step.Done {
		return step
	}
	return r.fetch()
}

// Overdue implements protocols.Hedged.
func (r *leanReader) Overdue(round int) protocols.Step {
	if round != mpowerstore.RoundFilter {
		return protocols.Wait()
	}
	r.late = true
	return r.fetch()
}

// fetch begins FETCH, if FILTER lacks nothing but fragments, and those that were asked for are late or came to nothing.
func (r *leanReader) fetch() protocols.Step {
	if r.fetching || r.Round != mpowerstore.RoundFilter || !r.W.Enough() || !r.late && r.expecting() {
		return protocols.Wait()
	}
	entry := r.agreed()
	if entry == nil {
		return protocols.Wait()
	}
	r.fetching = true
	requests := make(protocols.Broadcast, r.Servers())
	for i := range requests {
		if r.spared[i] {
			requests[i] = protocols.Message{Body: &Fetch{TS: entry.TS.Timestamp}}
		}
	}
	return protocols.Begin(requests)
}

// expecting reports whether a server that was asked for its fragment has not answered yet.
func (r *leanReader) expecting() bool {
	for i, a := range r.W.W {
		if a == nil && !r.spared[i] {
			return true
		}
	}
	return false
}

// agreed is the entry that t+1 servers sent for the highest timestamp in C, or nil.
func (r *leanReader) agreed() *mpowerstore.Entry {
	ts := candidates.Highest(r.C)
	for _, a := range r.W.W {
		if a != nil && a.Entry != nil && a.TS.Equal(ts) && len(r.W.Senders(a.Entry)) > r.T {
			return a.Entry
		}
	}
	return nil
}

// fetchAck keeps a server's fragment. It counts once the server's answer to FILTER is there.
func (r *leanReader) fetchAck(server int, reply protocols.Message) protocols.Step {
	if _, ok := reply.Body.(*FetchAck); !ok || len(reply.Payload) == 0 || r.Round != mpowerstore.RoundFilter {
		return protocols.Wait()
	}
	r.fetched[server] = reply.Payload
	if a := r.W.W[server]; a != nil && a.Missing {
		a.Fragment, a.Missing = reply.Payload, false
	}
	return r.Filtered()
}
