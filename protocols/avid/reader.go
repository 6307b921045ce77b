package avid

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/versions"
)

// read is a READ in progress. It returns the version that S−t servers have sent. Any later operation hears of S−t too,
// of which one is correct and among those, and has that version or a later one: so nothing is written back.
//
// First it asks for the servers' versions (U2). If the first S−t are not alike, there are WRITEs in progress, or some
// servers lie: it listens, and every correct server sends every later version that it comes to have. What one of them
// has, all come to have: so all send the highest that any had when it heard of the READ, if not another before.
type read struct {
	protocols.Phase
	params
	*register
	mem protocols.Memory

	seen    map[string]*sighting // by time
	told    []bool               // servers that have answered
	name    []byte               // under which it listens; nil while it does not
	decided *sighting
	value   []byte
	err     error
}

// sighting is a version, and who has sent it.
type sighting struct {
	time      Time
	check     Checksum
	from      []bool
	fragments [][]byte // by server
}

// Start begins the first round: READ to all.
func (r *read) Start() protocols.Broadcast {
	r.seen, r.told = map[string]*sighting{}, make([]bool, r.is.Servers)
	return r.Begin(protocols.Message{Body: &Read{}}).Next
}

// Streams implements protocols.Streamed: servers send a listener all that is new.
func (r *read) Streams(round int) bool { return round == 2 }

// Answer implements protocols.Operation. Replies to either round say the same.
func (r *read) Answer(_, server int, reply protocols.Message) protocols.Step {
	v, ok := reply.Body.(*Version)
	if !ok || !r.plausible(v, server, reply.Payload) {
		return protocols.Wait()
	}
	r.told[server] = true
	if r.decided = r.note(server, v, reply.Payload); r.decided != nil {
		return r.finish()
	}
	if r.name == nil && protocols.Count(r.told) >= r.is.Quorum {
		if r.name, r.err = r.listener(); r.err != nil {
			return protocols.Done()
		}
		return r.Begin(protocols.Message{Body: &Read{Listener: r.name}})
	}
	return protocols.Wait()
}

// plausible reports whether a correct server can have sent the version. With fingerprints it may lack its fragment.
func (r *read) plausible(v *Version, server int, fragment []byte) bool {
	if v.TS.IsZero() {
		return len(fragment) == 0
	}
	return versions.Issuable(v.TS) && r.wellFormed(v.Check) &&
		(r.fingerprints && len(fragment) == 0 || r.right(v.Check, server, fragment))
}

// note notes the version. It returns it if S−t servers have sent it, with fragments enough.
func (r *read) note(server int, v *Version, fragment []byte) *sighting {
	t := Time{}
	if !v.TS.IsZero() {
		t = r.timeOf(v.TS, v.Check)
	}
	s := r.seen[t.String()]
	if s == nil {
		s = &sighting{time: t, check: v.Check, from: make([]bool, r.is.Servers), fragments: make([][]byte, r.is.Servers)}
		r.seen[t.String()] = s
	}
	s.from[server] = true
	if len(fragment) > 0 {
		s.fragments[server] = fragment
	}
	if protocols.Count(s.from) < r.is.Quorum || !t.TS.IsZero() && s.have() < r.data.Enough() {
		return nil
	}
	return s
}

// have counts the fragments.
func (s *sighting) have() (n int) {
	for _, f := range s.fragments {
		if f != nil {
			n++
		}
	}
	return n
}

// finish restores the value, and tells the servers that the READ listens no longer.
func (r *read) finish() protocols.Step {
	if !r.decided.time.TS.IsZero() {
		r.value, r.err = r.data.Decode(r.decided.check.CC, r.decided.fragments, r.mem)
	}
	if r.name == nil {
		return protocols.Done()
	}
	step := r.Begin(protocols.Message{Body: &Complete{Listener: r.name}})
	step.Done = true
	return step
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	if r.err != nil {
		return protocols.Result{}, r.err
	}
	return protocols.Found(r.decided.time.TS, r.value), nil
}
