package phalanx

import (
	"slices"

	"github.com/powbench/powbench/protocols"
)

// metadataRead is a READ that asks all servers for timestamp, hash and signature and one of them for its value: the
// variant MetadataFirst. If that server is late or sends anything else, the others are asked for their values too.
//
// It is atomic like the READ of operations.go:
//
//   - What it returns, a writer signed.
//   - It is as new as all that was complete before it began: as new as the highest timestamp of a quorum that verifies
//     or, where only a liar has the value of that, the newest value of a quorum that was asked later.
//   - When it ends, t+1 correct servers hold what it returns or newer, and one of them is in every quorum: those of the
//     first round's, if all told that timestamp, or those that acknowledged the write-back, value included.
type metadataRead struct {
	protocols.Phase
	*register
	key       protocols.Key
	told      []claim // the replies to GET_TS
	newest    Datum   // the highest of them that verifies
	unanimous bool    // the quorum told no other timestamp
	sent      []claim // the replies to GET
	found     claim   // what the READ returns
}

// Start begins the first round: GET_TS to all.
func (r *metadataRead) Start() protocols.Broadcast {
	return r.Begin(protocols.Message{Body: &GetTS{}}).Next
}

// Answer implements protocols.Operation.
func (r *metadataRead) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.Round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *GetTSAck:
		if round == 1 && r.wellFormed(body.Datum) {
			return r.learn(server, body.Datum)
		}
	case *PutAck:
		if round == 3 {
			return r.Acknowledged()
		}
	}
	if round == 2 {
		return r.fetched(reply)
	}
	return protocols.Wait()
}

// Overdue implements protocols.Hedged: the server that was asked for its value is slow, so all are.
func (r *metadataRead) Overdue(round int) protocols.Step {
	if round == 2 {
		return protocols.Widen(r.get())
	}
	return protocols.Wait()
}

func (r *metadataRead) get() protocols.Broadcast {
	return protocols.ToAll(r.is.Servers, protocols.Message{Body: &Get{}})
}

// learn takes a server's datum; after a quorum's, the second round begins: GET to one that has the highest.
func (r *metadataRead) learn(server int, d Datum) protocols.Step {
	if r.told = append(r.told, claim{Datum: d, server: server}); !r.Quorum() {
		return protocols.Wait()
	}
	r.newest = r.highest(r.key, r.told, protocols.Timestamp{}).Datum
	if r.newest.TS.IsZero() {
		return protocols.Done()
	}
	var holders []int
	r.unanimous = unanimous(r.told)
	for _, c := range r.told {
		if c.equal(r.newest) {
			holders = append(holders, c.server)
		}
	}
	slices.Sort(holders)
	step := r.Begin(protocols.Message{Body: &Get{}})
	step.Next = protocols.ToOne(step.Next, holders[protocols.Spread(r.key, r.pid, len(holders))])
	return step
}

// fetched takes a server's value. It will do if it is as new as the datum that verified, and else if a quorum has no
// newer one that does.
func (r *metadataRead) fetched(reply protocols.Message) protocols.Step {
	body, ok := reply.Body.(*GetAck)
	if !ok || !body.wellFormed(reply.Payload) {
		return protocols.Widen(r.get())
	}
	c := body.claim(reply.Payload)
	c.Hash = r.suite.Hash(c.value)
	r.sent = append(r.sent, c)
	quorum := r.Quorum()
	switch {
	case c.equal(r.newest), r.newest.TS.Less(c.TS) && c.verifies(r.key, r.verifier):
		r.found = c
	case quorum:
		r.found = r.highest(r.key, r.sent, protocols.Timestamp{})
	default:
		return protocols.Widen(r.get())
	}
	if r.found.TS.IsZero() || r.unanimous && r.found.TS.Equal(r.newest.TS) {
		return protocols.Done()
	}
	return r.Begin(r.found.put())
}

// Result implements protocols.Operation.
func (r *metadataRead) Result() (protocols.Result, error) { return r.found.result(), nil }
