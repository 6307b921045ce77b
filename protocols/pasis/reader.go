package pasis

import (
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/versions"
)

// ErrUnsettled ends a READ that met more WRITEs that did not end than it has rounds for, or than servers tell of.
var ErrUnsettled = fmt.Errorf("more WRITEs are incomplete than a READ has rounds for, or servers tell of: %w", protocols.ErrStarved)

// read is a READ in progress. It looks at candidates, from the newest down, until one may be complete:
//
//   - All of a quorum have the version: it is complete, and the READ returns it.
//   - t+1 have it: it may be complete, because of any quorum's replies t+1 are of correct servers that have what is
//     complete. As many fragments restore the value. The READ repairs: it stores the version at the other servers, so
//     that it is complete, and returns it.
//   - Fewer have it, or its fragments are of no value: no correct client has completed it, and no READ returns it.
//
// For the candidates behind the first, HISTORY asks once for the times before it. Only times that t+1 servers tell, or may have
// forgotten, are candidates, so that servers that lie can make none up (U3); GET asks for the fragments of one.
type read struct {
	protocols.Phase
	params
	mem protocols.Memory

	candidate Time    // the version that the round is about; in the first, the newest one told so far
	found     []found // the versions in this round's replies
	lists     []told
	behind    []Time // candidates behind the first, the latest first; nil before HISTORY
	value     []byte
	missing   int // acknowledgements that the repair waits for
	err       error
}

// found is a server's version, with its fragment.
type found struct {
	time     Time
	cc       dispersal.CrossChecksum
	server   int
	fragment []byte
}

// told is what a server said of the versions before the first candidate: their times, the latest first, and the time before which
// it may have forgotten some; zero if it forgot none.
type told struct {
	times   []Time
	horizon Time
}

// forgot reports whether the server may have a version of that time and not tell it.
func (l told) forgot(t Time) bool { return t.Compare(l.horizon) < 0 }

// Start begins the first round: LATEST to all.
func (r *read) Start() protocols.Broadcast { return r.Begin(protocols.Message{Body: &Latest{}}).Next }

// Answer implements protocols.Operation.
func (r *read) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.Round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *Version:
		return r.learn(server, body, reply.Payload)
	case *Times:
		if r.lists != nil && r.behind == nil && r.wellFormed(body.Times) {
			return r.list(body)
		}
	case *Stored:
		if r.missing > 0 {
			r.missing--
			return protocols.Step{Done: r.missing == 0}
		}
	}
	return protocols.Wait()
}

// learn takes a server's version. A server that has none, or not the one that was asked for, says so.
func (r *read) learn(server int, v *Version, fragment []byte) protocols.Step {
	switch {
	case r.missing > 0 || r.lists != nil && r.behind == nil: // the round asks for something else
		return protocols.Wait()
	case v.TS.IsZero() && len(fragment) == 0:
	case versions.Issuable(v.TS) && r.isFragment(v.CC, server, fragment):
		t := r.timeOf(v.TS, v.CC)
		if r.Round == 1 && r.candidate.Compare(t) < 0 {
			r.candidate = t
		}
		r.found = append(r.found, found{t, v.CC, server, fragment})
	default:
		return protocols.Wait()
	}
	if !r.Quorum() {
		return protocols.Wait()
	}
	return r.classify()
}

// classify decides what becomes of the candidate.
func (r *read) classify() protocols.Step {
	if r.candidate.TS.IsZero() {
		return protocols.Done() // ⊥: a quorum has no version
	}
	have := slices.DeleteFunc(r.found, func(f found) bool { return !f.time.Equal(r.candidate) })
	r.found = nil
	if len(have) <= r.t {
		return r.next()
	}
	fragments := r.restore(have)
	switch {
	case r.err != nil:
		return protocols.Done()
	case fragments == nil:
		return r.next()
	case len(have) >= r.is.Quorum:
		return protocols.Done()
	}
	return r.repair(have, fragments)
}

// restore decodes the candidate's value and encodes it again. It returns no fragments if the writer lied: then some that
// it stored are of another value, or of none.
func (r *read) restore(have []found) [][]byte {
	fragments := make([][]byte, r.is.Servers)
	for _, f := range have {
		fragments[f.server] = f.fragment
	}
	cc := have[0].cc
	if r.value, r.err = r.data.Decode(cc, fragments, r.mem); r.err != nil {
		return nil
	}
	again, check, err := r.data.Encode(r.value, r.mem)
	if r.err = err; err != nil || !check.Equal(cc) {
		r.value = nil
		return nil
	}
	return again
}

// repair stores the candidate at the servers that were not seen to have it, until a quorum has it.
func (r *read) repair(have []found, fragments [][]byte) protocols.Step {
	requests := stores(r.candidate.TS, have[0].cc, fragments)
	for _, f := range have {
		requests[f.server] = protocols.Message{}
	}
	r.missing = r.is.Quorum - len(have)
	return r.Send(requests)
}

// next goes on to the next candidate.
func (r *read) next() protocols.Step {
	switch {
	case r.lists == nil:
		r.lists = make([]told, 0, r.is.Quorum)
		return r.Begin(protocols.Message{Body: &History{Before: r.candidate}})
	case r.passedOver():
		r.err = ErrUnsettled
		return protocols.Done()
	case len(r.behind) == 0:
		r.candidate = Time{} // ⊥ is behind them all
		return protocols.Done()
	case r.Round+2 > protocols.MaxRounds: // to get it and to repair it
		r.err = ErrUnsettled
		return protocols.Done()
	}
	r.candidate, r.behind = r.behind[0], r.behind[1:]
	return r.Begin(protocols.Message{Body: &Get{Time: r.candidate}})
}

// list takes a server's times. After a quorum's, those are candidates that t+1 servers have told, or may have forgotten: of
// a complete version no fewer have heard, as the quorums of its WRITE and of this READ share t+1 correct servers.
func (r *read) list(body *Times) protocols.Step {
	l := told{times: body.Times}
	if body.Forgot {
		l.horizon = r.candidate
		if n := len(body.Times); n > 0 {
			l.horizon = body.Times[n-1]
		}
	}
	if r.lists = append(r.lists, l); !r.Quorum() {
		return protocols.Wait()
	}
	var all []Time
	for _, l := range r.lists {
		all = append(all, l.times...)
	}
	slices.SortFunc(all, func(a, b Time) int { return b.Compare(a) })
	r.behind = []Time{}
	for _, t := range slices.CompactFunc(all, Time.Equal) {
		if r.heard(t) > r.t {
			r.behind = append(r.behind, t)
		}
	}
	return r.next()
}

// heard counts the servers that have told the time, or may have forgotten it.
func (r *read) heard(t Time) (n int) {
	for _, l := range r.lists {
		if l.forgot(t) || slices.ContainsFunc(l.times, t.Equal) {
			n++
		}
	}
	return n
}

// passedOver reports whether a version that nobody has told may be complete and newer than the next candidate: t+1 servers, one of
// them correct, may have forgotten what is newer than it.
func (r *read) passedOver() bool {
	var next Time // ⊥ is behind all candidates
	if len(r.behind) > 0 {
		next = r.behind[0]
	}
	n := 0
	for _, l := range r.lists {
		if next.Compare(l.horizon) < 0 {
			n++
		}
	}
	return n > r.t
}

// wellFormed reports whether a correct server can have told the times: all before the candidate, the latest first.
func (r *read) wellFormed(times []Time) bool {
	if len(times) > maxTimes {
		return false
	}
	last := r.candidate
	for _, t := range times {
		if !t.Possible(r.suite) || t.Compare(last) >= 0 {
			return false
		}
		last = t
	}
	return true
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	return protocols.Found(r.candidate.TS, r.value), r.err
}
