package mabd

import (
	"slices"

	"github.com/powbench/powbench/protocols"
)

// metadataRead is a READ that asks all servers for their timestamps and one of them for its value: the variant
// MetadataFirst. If that server is late, or lost what it spoke of, the others are asked for their values too.
//
// It is atomic like the READ of operations.go:
//
//   - What it returns is as new as all that was complete before it began: as new as the highest timestamp of a majority
//     or, failing that, the newest value of a majority that was asked later.
//   - When it ends, a majority holds what it returns or newer: those that all had its timestamp in the first round, or
//     those that acknowledged the write-back, value included.
type metadataRead struct {
	protocols.Phase
	*register
	key       protocols.Key
	replies   int                 // to the first round
	holders   []int               // the servers that told the highest timestamp in it
	ts        protocols.Timestamp // that timestamp
	unanimous bool                // the majority told no other
	found     protocols.Timestamp // the highest that came with its value
	value     []byte              // its value
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
		if round == 1 && plausible(body.TS, nil) {
			return r.learn(server, body.TS)
		}
	case *GetAck:
		if round == 2 && plausible(body.TS, reply.Payload) {
			return r.fetched(body.TS, reply.Payload)
		}
	case *PutAck:
		if round == 3 {
			return r.Acknowledged()
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

func (r *metadataRead) get() protocols.Broadcast {
	return protocols.ToAll(r.is.Servers, protocols.Message{Body: &Get{}})
}

// learn takes a server's timestamp; after a majority's, the second round begins: GET to one that has the highest.
func (r *metadataRead) learn(server int, ts protocols.Timestamp) protocols.Step {
	if r.ts.Less(ts) {
		r.ts, r.holders = ts, nil
	}
	if r.ts.Equal(ts) {
		r.holders = append(r.holders, server)
	}
	if r.replies++; !r.Quorum() {
		return protocols.Wait()
	}
	if r.ts.IsZero() {
		return protocols.Done()
	}
	r.unanimous = len(r.holders) == r.replies
	slices.Sort(r.holders)
	holder := r.holders[protocols.Spread(r.key, r.pid, len(r.holders))]
	step := r.Begin(protocols.Message{Body: &Get{}})
	step.Next = protocols.ToOne(step.Next, holder)
	return step
}

// fetched takes a server's value. It will do if it is as new as was told, and else if a majority has no newer one.
func (r *metadataRead) fetched(ts protocols.Timestamp, value []byte) protocols.Step {
	if r.found.Less(ts) {
		r.found, r.value = ts, value
	}
	if majority := r.Quorum(); r.found.Less(r.ts) && !majority {
		return protocols.Widen(r.get())
	}
	if r.found.IsZero() || r.unanimous && r.found.Equal(r.ts) {
		return protocols.Done()
	}
	return r.Begin(put(r.found, r.value))
}

// Result implements protocols.Operation.
func (r *metadataRead) Result() (protocols.Result, error) {
	return protocols.Found(r.found, r.value), nil
}
