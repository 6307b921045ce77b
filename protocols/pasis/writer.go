package pasis

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/versions"
)

// write is a WRITE in progress: GET_TIME, STORE.
type write struct {
	protocols.Phase
	params
	pid       uint64
	clock     *protocols.Clock // of this key
	fragments [][]byte         // of the value, by server
	cc        dispersal.CrossChecksum
	told      []protocols.Timestamp // the replies to GET_TIME
	ts        protocols.Timestamp   // the value's own
	err       error
}

// Start begins the first round: GET_TIME to all.
func (w *write) Start() protocols.Broadcast { return w.Begin(protocols.Message{Body: &GetTime{}}).Next }

// Answer implements protocols.Operation.
func (w *write) Answer(round, _ int, reply protocols.Message) protocols.Step {
	if round != w.Round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *TimeAck:
		if round == 1 && (body.TS.IsZero() || versions.Issuable(body.TS)) {
			return w.learn(body.TS)
		}
	case *Stored:
		if round == 2 {
			return w.Acknowledged()
		}
	}
	return protocols.Wait()
}

// learn takes a server's time; after a quorum's, STORE begins, under the timestamp after the highest but t (U1). Of a
// quorum's replies t+1 are of correct servers that have all that was complete: so as many are at least as high, and one
// that is higher than all correct servers' is among the t highest.
func (w *write) learn(ts protocols.Timestamp) protocols.Step {
	if w.told = append(w.told, ts); !w.Quorum() {
		return protocols.Wait()
	}
	slices.SortFunc(w.told, func(a, b protocols.Timestamp) int { return b.Compare(a) })
	if w.ts, w.err = w.clock.Issue(w.told[w.t], w.pid); w.err != nil {
		return protocols.Done()
	}
	return w.Send(stores(w.ts, w.cc, w.fragments))
}

// stores are the requests to store a fragment at each server.
func stores(ts protocols.Timestamp, cc dispersal.CrossChecksum, fragments [][]byte) protocols.Broadcast {
	b := protocols.ToAll(len(fragments), protocols.Message{Body: &Store{TS: ts, CC: cc}})
	for server := range b {
		b[server].Payload = fragments[server]
	}
	return b
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) { return protocols.Result{Timestamp: w.ts}, w.err }
