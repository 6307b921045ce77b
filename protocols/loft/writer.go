package loft

import (
	"errors"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/versions"
)

// ErrSpoilt ends a WRITE when more servers spoil the MACs that they make for others than it has rounds for.
var ErrSpoilt = errors.New("too many servers vouch falsely for a WRITE to convince a quorum: write again")

// leap is how far a committed timestamp may be ahead of what t+1 servers tell, and be believed (U3).
const leap = 1 << 16

// write is a WRITE in progress: FIND, PREPARE, COMMIT. FIND comes again, once, if what a quorum tells can be neither believed nor
// ruled out (U3). COMMIT comes again, with the rows of more servers, if the first did not convince a quorum because servers that
// lie vouched falsely (U4).
type write struct {
	protocols.Phase
	params
	pid       uint64
	clock     *protocols.Clock // of this key
	fragments [][]byte         // of the value, by server
	checksum  fingerprint.Checksum

	found    []*Found // by server, the last that each told
	prepared int      // the round of PREPARE; 0 before
	time     Time     // the value's own
	proof    proof
	offered  int    // the rows that the last COMMIT had
	acked    []bool // by server: it has committed the version, or a later one
	doubting int    // the servers that this round's COMMIT did not convince
	err      error
}

// Start begins the first round: FIND to all.
func (w *write) Start() protocols.Broadcast { return w.Begin(protocols.Message{Body: &Find{}}).Next }

// Answer implements protocols.Operation. Rows that come late may be needed yet.
func (w *write) Answer(round, server int, reply protocols.Message) protocols.Step {
	switch body := reply.Body.(type) {
	case *Found:
		if w.prepared == 0 && isFound(body) {
			if old := w.found[server]; old == nil || !body.Highest.Less(old.Highest) { // else it came late
				w.found[server] = body
			}
			return w.prepare()
		}
	case *Prepared:
		if round == w.prepared && w.isRow(body.Row) && w.proof[server] == nil {
			w.proof[server] = body.Row
			return w.commit()
		}
	case *Latest:
		if w.prepared > 0 && round > w.prepared && w.isTimeOrNone(body.Time) {
			return w.learn(round, server, body.Time)
		}
	}
	return protocols.Wait()
}

// isFound reports whether a correct server can have told this.
func isFound(f *Found) bool {
	known := func(ts protocols.Timestamp) bool { return ts.IsZero() || versions.Issuable(ts) }
	return known(f.Committed) && known(f.Highest) && !f.Highest.Less(f.Committed)
}

// prepare begins PREPARE once it is known what timestamp to use. A timestamp that a correct server has committed, t+1 others
// have prepared: if they told of less, it was before, and they are asked again.
func (w *write) prepare() protocols.Step {
	told := slices.DeleteFunc(slices.Clone(w.found), func(f *Found) bool { return f == nil })
	if len(told) < w.is.Quorum {
		return protocols.Wait()
	}
	last, known := w.latest(told)
	switch {
	case !known && w.Round == 1:
		return w.Begin(protocols.Message{Body: &Find{}})
	case !known:
		return protocols.Wait()
	}
	ts, err := w.clock.Issue(last, w.pid)
	if w.err = err; err != nil {
		return protocols.Done()
	}
	w.time = w.timeOf(ts, w.checksum)
	b := protocols.ToAll(len(w.fragments), protocols.Message{Body: &Prepare{TS: ts, Checksum: w.checksum}})
	for server := range b {
		b[server].Payload = w.fragments[server]
	}
	w.prepared = w.Round + 1
	return w.Send(b)
}

// latest is a timestamp at least as high as that of every WRITE that has ended: one of the quorum's servers tells it. A
// server that lies may tell one that is far ahead. It is not believed before t+1 servers tell about as high a one, and
// ruled out once 2t+1 have committed none so high.
func (w *write) latest(told []*Found) (ts protocols.Timestamp, known bool) {
	var committed, highest []protocols.Timestamp
	for _, f := range told {
		committed, highest = append(committed, f.Committed), append(highest, f.Highest)
	}
	descending := func(a, b protocols.Timestamp) int { return b.Compare(a) }
	slices.SortFunc(committed, descending)
	slices.SortFunc(highest, descending)
	supported := highest[w.t]
	for _, ts := range committed {
		if ts.Num-min(ts.Num, supported.Num) <= leap {
			return ts, true
		}
		below := slices.IndexFunc(committed, func(o protocols.Timestamp) bool { return o.Less(ts) })
		if below < 0 || len(committed)-below < 2*w.t+1 {
			break
		}
	}
	return protocols.Timestamp{}, false
}

// commit begins COMMIT: after a quorum's rows, and again when there are more and this round's did not convince a quorum.
func (w *write) commit() protocols.Step {
	rows := w.proof.rows()
	acks := w.acks()
	switch {
	case w.Round == w.prepared && rows < w.is.Quorum, w.Round > w.prepared && (acks+w.doubting < w.is.Quorum || rows == w.offered):
		return protocols.Wait()
	case w.Round == protocols.MaxRounds:
		w.err = ErrSpoilt
		return protocols.Done()
	}
	w.offered, w.doubting = rows, 0
	return w.Send(w.proof.commits(w.time, func(server int) bool { return w.acked[server] }))
}

func (w *write) acks() (n int) {
	for _, acked := range w.acked {
		if acked {
			n++
		}
	}
	return n
}

// learn takes what a server has committed.
func (w *write) learn(round, server int, t Time) protocols.Step {
	switch {
	case t.Compare(w.time) >= 0:
		w.acked[server] = true
	case round == w.Round:
		w.doubting++
	}
	if w.acks() >= w.is.Quorum {
		return protocols.Done()
	}
	return w.commit()
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: w.time.TS}, w.err
}
