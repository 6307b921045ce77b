package loft

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// read is a READ in progress. Its target is the latest version that some server says it has committed and that may be
// complete:
//
//   - 2t+1 servers have committed nothing so late: no WRITE of it had ended when the READ began, since t+1 correct ones
//     would have committed it. The READ turns to the one before.
//   - 2t+1 have committed it or a later one, and t+1 fragments restore it: the READ returns it.
//   - Else the READ commits it: it gathers rows, by a bare READ of that version, and shows them in COMMIT. While they do not
//     convince a quorum, servers without the fragment are asked to PREPARE it.
//   - Too few fragments are there: the READ asks for that version. A server that has dropped it tells of a later one, which
//     becomes the target.
type read struct {
	protocols.Noted
	params
	mem protocols.Memory

	rounds   []step
	first    []*Time    // the version that each server said it has committed, in its first reply
	told     []*Time    // and the latest that it said
	versions []*version // those of which some server told more
	target   *version
	err      error
}

// step is a round.
type step struct {
	request        protocols.Body // as one of the servers got it
	about          *version       // nil for the first
	asked, replies int
}

// Start begins the first round: READ to all.
func (r *read) Start() protocols.Broadcast {
	return r.begin(nil, protocols.ToAll(r.is.Servers, protocols.Message{Body: &Read{}})).Next
}

// begin begins a round about the version.
func (r *read) begin(about *version, b protocols.Broadcast) protocols.Step {
	if len(r.rounds) == protocols.MaxRounds {
		r.err = protocols.ErrStarved
		return protocols.Done()
	}
	now := step{about: about}
	for _, m := range b {
		if m.Body != nil {
			now.request, now.asked = m.Body, now.asked+1
		}
	}
	r.rounds = append(r.rounds, now)
	return protocols.Begin(b)
}

// Answer implements protocols.Operation. Late replies count too: all that servers tell stays true.
func (r *read) Answer(round, server int, reply protocols.Message) protocols.Step {
	now := &r.rounds[round-1]
	switch body := reply.Body.(type) {
	case *Version:
		if m, asked := now.request.(*Read); !asked || !r.take(m, server, body, reply.Payload) {
			return protocols.Wait()
		}
	case *Prepared:
		if _, asked := now.request.(*Prepare); !asked || !r.isRow(body.Row) {
			return protocols.Wait()
		}
		now.about.proof[server] = body.Row
	case *Latest:
		if _, asked := now.request.(*Read); asked || !r.isTimeOrNone(body.Time) {
			return protocols.Wait()
		}
		r.tell(server, body.Time)
	default:
		return protocols.Wait()
	}
	now.replies++
	return r.next()
}

// take takes a version from a server, and reports whether a correct one can have sent it.
func (r *read) take(m *Read, server int, v *Version, fragment []byte) bool {
	of := v.Committed
	if v.Prepared {
		of = m.At
	}
	switch {
	case !r.isTimeOrNone(v.Committed), v.Prepared && m.At.Compare(v.Committed) <= 0,
		v.Row != nil && (m.At.TS.IsZero() || !r.isRow(v.Row)):
		return false
	case len(v.Checksum.CC.Hashes) > 0:
		if !v.Checksum.WellFormed(r.suite, r.t) || !r.timeOf(of.TS, v.Checksum).Equal(of) {
			return false
		}
		known := r.version(of)
		if !r.restorable(known) && known.fragments[server] == nil {
			if !v.Checksum.Consistent(r.suite, r.t, server, fragment) {
				return false
			}
			known.checksum, known.fragments[server] = v.Checksum, fragment
			known.count++
		}
	case len(fragment) > 0:
		return false
	}
	if v.Row != nil {
		r.version(m.At).proof[server] = v.Row
	}
	r.tell(server, v.Committed)
	return true
}

// tell notes what a server has committed. That of a correct one does not go back.
func (r *read) tell(server int, t Time) {
	if r.first[server] == nil {
		r.first[server] = &t
	}
	if r.told[server] == nil || r.told[server].Compare(t) < 0 {
		r.told[server] = &t
	}
}

// count is the number of servers that have committed the version or a later one.
func (r *read) count(t Time) (n int) {
	for _, told := range r.told {
		if told != nil && told.Compare(t) >= 0 {
			n++
		}
	}
	return n
}

// next decides what is next, with all that is known. Nothing is chosen that is older than the latest version that may be
// complete; what is newer may be chosen if that is the only way on. What servers told first comes first, so that those
// that lie cannot lead the READ astray by a new version in each reply.
func (r *read) next() protocols.Step {
	if r.count(Time{}) < r.is.Quorum {
		return protocols.Wait()
	}
	all := versionsOf(r.first)
	i := slices.IndexFunc(all, func(t Time) bool { return !r.excluded(t) })
	if i < 0 {
		r.target = nil // ⊥
		return protocols.Done()
	}
	latest := r.version(all[i])
	choices := []*version{latest}
	if r.target != nil {
		choices = []*version{r.target, latest}
	}
	if !slices.ContainsFunc(choices, r.restorable) {
		for _, t := range slices.Backward(versionsOf(append(slices.Clone(r.told), r.first...))) {
			if t.Compare(latest.time) > 0 {
				choices = append(choices, r.version(t))
			}
		}
	}
	if i := slices.IndexFunc(choices, r.complete); i >= 0 {
		return r.restore(choices[i])
	}
	for _, v := range choices {
		if step := r.pursue(v); step.Next != nil || step.Done {
			r.turn(v)
			return step
		}
	}
	return protocols.Wait()
}

// turn makes the version the target. A later one in place of another is a new beginning: WRITEs have overtaken the READ.
func (r *read) turn(v *version) {
	if r.target != nil && v.time.Compare(r.target.time) > 0 {
		r.Restart()
	}
	r.target = v
}

// complete reports whether the READ may return the version.
func (r *read) complete(v *version) bool { return r.restorable(v) && r.count(v.time) >= r.is.Quorum }

// excluded reports whether no WRITE of the version had ended when the READ began.
func (r *read) excluded(t Time) bool { return r.count(Time{})-r.count(t) >= 2*r.t+1 }

// pursue does what brings the version nearer to be complete, if something does that has not been tried with as much as is
// known now.
func (r *read) pursue(v *version) protocols.Step {
	now, rows, asserts := r.rounds[len(r.rounds)-1], v.proof.rows(), r.count(v.time)
	_, prepares := now.request.(*Prepare)
	settled := now.replies >= now.asked-r.t // all correct servers may have replied
	enough := r.restorable(v)
	if enough && rows >= r.is.Quorum && rows > v.offered && (settled || prepares && now.about == v) {
		return r.commit(v)
	}
	if !settled {
		return protocols.Wait()
	}
	if enough && v.asked > 0 && rows > v.shown {
		if step := r.prepare(v); step.Next != nil || step.Done {
			return step
		}
	}
	if asserts > v.asked && !(enough && rows >= r.is.Quorum) {
		return r.ask(v, enough)
	}
	return protocols.Wait()
}

// ask begins READ of the version, with fragments or bare.
func (r *read) ask(v *version, bare bool) protocols.Step {
	v.asked = r.count(v.time)
	return r.begin(v, protocols.ToAll(r.is.Servers, protocols.Message{Body: &Read{At: v.time, Bare: bare}}))
}

// commit begins COMMIT of the version, to the servers that have not committed it.
func (r *read) commit(v *version) protocols.Step {
	v.offered = v.proof.rows()
	return r.begin(v, v.proof.commits(v.time, func(server int) bool {
		told := r.told[server]
		return told != nil && told.Compare(v.time) >= 0
	}))
}

// prepare begins PREPARE of the version, to the servers that have not vouched for it. It spares those of which the writer
// made the hash up.
func (r *read) prepare(v *version) protocols.Step {
	v.shown = v.proof.rows()
	if r.decode(v); r.err != nil {
		return protocols.Done()
	}
	fragments, err := dispersal.Encode(v.value, r.t, r.mem)
	if r.err = err; err != nil {
		return protocols.Done()
	}
	b, some := make(protocols.Broadcast, r.is.Servers), false
	for server, fragment := range fragments {
		if v.proof[server] == nil && v.checksum.CC.Matches(r.suite, server, fragment) {
			m := &Prepare{TS: v.time.TS, Checksum: v.checksum, MACs: v.proof.column(server)}
			b[server], some = protocols.Message{Body: m, Payload: fragment}, true
		}
	}
	if !some {
		return protocols.Wait()
	}
	return r.begin(v, b)
}

// restore ends the READ with the version's value.
func (r *read) restore(v *version) protocols.Step {
	r.target = v
	r.decode(v)
	return protocols.Done()
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	if r.target == nil || r.err != nil {
		return protocols.Result{Bottom: r.err == nil}, r.err
	}
	return protocols.Found(r.target.time.TS, r.target.value), nil
}
