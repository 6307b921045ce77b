package mpowerstore

import "github.com/powbench/powbench/protocols"

// roundFetch takes the place of REPAIR, which then comes one later.
const roundFetch = roundFilter + 1

// leanReader is a READ of the variant Lean: FILTER goes to all servers, but only t+1 are asked for their fragments. If
// these are late, or not all right, FETCH asks the others for theirs.
//
// What FILTER is for does not change: q servers have seen the candidates, and t+1 of them sent the same entry, so that
// one correct server vouches for it. Its cross-checksum tells a right fragment, whoever sends it and when. FETCH does
// not wait in vain: the entry belongs to the highest candidate that is valid at a correct server, so t+1 correct servers
// hold its fragments; each of them was asked in FILTER or is now, and each sends the entry in FILTER.
type leanReader struct {
	*reader
	late     bool     // FILTER is
	fetching bool     // FETCH has begun
	fetched  [][]byte // by server: what came of it
}

// newLeanReader has the READ ask t+1 servers for their fragments, from the first one on.
func newLeanReader(r *reader, first int) *leanReader {
	r.spared = make([]bool, r.servers())
	for i := r.t + 1; i < r.servers(); i++ {
		r.spared[(first+i)%r.servers()] = true
	}
	return &leanReader{reader: r, fetched: make([][]byte, r.servers())}
}

// Answer implements protocols.Operation.
func (r *leanReader) Answer(round, server int, reply protocols.Message) protocols.Step {
	if r.fetching && round >= roundFetch {
		if round == roundFetch {
			return r.fetchAck(server, reply)
		}
		round--
	}
	if _, ok := reply.Body.(*FilterAck); ok && len(reply.Payload) == 0 {
		reply.Payload = r.fetched[server]
	}
	step := r.reader.Answer(round, server, reply)
	switch {
	case round == roundCollect && step.Next != nil:
		r.spare(step.Next)
	case round == roundFilter && step.Next == nil && !step.Done:
		return r.fetch()
	}
	return step
}

// spare asks for no more than the entry where the fragment is not wanted.
func (r *leanReader) spare(filter protocols.Broadcast) {
	brief := &Filter{Candidates: filter[0].Body.(*Filter).Candidates, Brief: true}
	for i := range filter {
		if r.spared[i] {
			filter[i].Body = brief
		}
	}
}

// Overdue implements protocols.Hedged.
func (r *leanReader) Overdue(round int) protocols.Step {
	if round != roundFilter {
		return protocols.Wait()
	}
	r.late = true
	return r.fetch()
}

// fetch begins FETCH, if FILTER lacks nothing but fragments, and those that were asked for are late or came to nothing.
func (r *leanReader) fetch() protocols.Step {
	if r.fetching || r.round != roundFilter || r.acks < r.quorum() || !r.late && r.expecting() {
		return protocols.Wait()
	}
	entry := r.agreed()
	if entry == nil {
		return protocols.Wait()
	}
	r.fetching = true
	requests := make(protocols.Broadcast, r.servers())
	for i := range requests {
		if r.spared[i] {
			requests[i] = protocols.Message{Body: &Fetch{TS: entry.TS.Timestamp}}
		}
	}
	return protocols.Begin(requests)
}

// expecting reports whether a server that was asked for its fragment has not answered yet.
func (r *leanReader) expecting() bool {
	for i, a := range r.w {
		if a == nil && !r.spared[i] {
			return true
		}
	}
	return false
}

// agreed is the entry that t+1 servers sent for the highest timestamp in C, or nil.
func (r *leanReader) agreed() *Entry {
	ts := highest(r.c)
	for _, a := range r.w {
		if a != nil && a.entry != nil && a.ts.Equal(ts) && len(r.senders(a.entry)) > r.t {
			return a.entry
		}
	}
	return nil
}

// fetchAck keeps a server's fragment. It counts once the server's answer to FILTER is there.
func (r *leanReader) fetchAck(server int, reply protocols.Message) protocols.Step {
	if _, ok := reply.Body.(*FetchAck); !ok || len(reply.Payload) == 0 || r.round != roundFilter {
		return protocols.Wait()
	}
	r.fetched[server] = reply.Payload
	if a := r.w[server]; a != nil && len(a.fragment) == 0 {
		a.fragment = reply.Payload
	}
	return r.filtered()
}
