package mabd

import (
	"slices"

	"github.com/powbench/powbench/protocols"
)

// metadataRead is a READ that asks all servers for their timestamps and one of them for its value: the variant
// MetadataFirst. If that server is late, or lost what it spoke of, the others are asked for their values too.
//
// It is atomic like the READ of read.go:
//
//   - What it returns is as new as all that was complete before it began: as new as the highest timestamp of a majority
//     or, failing that, the newest value of a majority that was asked later.
//   - When it ends, a majority holds what it returns or newer: those that all had its timestamp in the first round, or
//     those that acknowledged the write-back, value included.
type metadataRead struct {
	*register
	key       protocols.Key
	round     int
	holders   []int               // the servers that told the highest timestamp in the first round
	ts        protocols.Timestamp // that timestamp
	replies   int                 // to the current round
	unanimous bool                // the majority told no other
	found     protocols.Timestamp // the highest that came with its value
	value     []byte              // its value
}

// Start begins the first round: GET_TS to all.
func (r *metadataRead) Start() protocols.Broadcast {
	r.round = 1
	return protocols.ToAll(r.servers, protocols.Message{Body: &GetTS{}})
}

// Answer implements protocols.Operation.
func (r *metadataRead) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *GetTSAck:
		if round == 1 && plausible(body.TS, nil) {
			return r.learn(server, body.TS)
		}
	case *GetAck:
		if round == 2 && plausible(body.TS, reply.Payload) {
			return r.fetched(body.TS, reply.Payload)
		}
	case *PutAck:
		if round == 3 {
			return r.writtenBack()
		}
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

// learn takes a server's timestamp; after a majority's, the second round begins: GET to one that has the highest.
func (r *metadataRead) learn(server int, ts protocols.Timestamp) protocols.Step {
	if r.ts.Less(ts) {
		r.ts, r.holders = ts, nil
	}
	if r.ts.Equal(ts) {
		r.holders = append(r.holders, server)
	}
	if r.replies++; r.replies < r.quorum {
		return protocols.Wait()
	}
	if r.ts.IsZero() {
		return protocols.Done()
	}
	r.unanimous = len(r.holders) == r.replies
	r.round, r.replies = 2, 0
	slices.Sort(r.holders)
	holder := r.holders[protocols.Spread(r.key, r.pid, len(r.holders))]
	return protocols.Begin(protocols.ToOne(r.get(), holder))
}

func (r *metadataRead) get() protocols.Broadcast {
	return protocols.ToAll(r.servers, protocols.Message{Body: &Get{}})
}

// fetched takes a server's value. It will do if it is as new as was told, and else if a majority has no newer one.
func (r *metadataRead) fetched(ts protocols.Timestamp, value []byte) protocols.Step {
	if r.found.Less(ts) {
		r.found, r.value = ts, value
	}
	if r.replies++; r.found.Less(r.ts) && r.replies < r.quorum {
		return protocols.Widen(r.get())
	}
	if r.found.IsZero() || r.unanimous && r.found.Equal(r.ts) {
		return protocols.Done()
	}
	r.round, r.replies = 3, 0
	put := protocols.Message{Body: &Put{TS: r.found}, Payload: r.value}
	return protocols.Begin(protocols.ToAll(r.servers, put))
}

// writtenBack counts the servers that have the value or a newer one.
func (r *metadataRead) writtenBack() protocols.Step {
	if r.replies++; r.replies < r.quorum {
		return protocols.Wait()
	}
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *metadataRead) Result() (protocols.Result, error) { return result(r.found, r.value), nil }
