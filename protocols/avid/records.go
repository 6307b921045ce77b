package avid

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// A server's records: the register, and of each dispersal the votes and, until the version is superseded, the fragments.
// The votes of one that ended stay, as a few bytes that say so (U5).
const recordRegister = "register"

func recordVotes(t Time) string { return "votes/" + t.String() }

func recordFragments(t Time) string { return "fragments/" + t.String() }

// The bounds of what clients can have a server keep (U6).
const (
	maxListeners = 128 // of one key; the oldest make room
	maxWaiting   = 4   // connections that wait for one dispersal
)

// maxUnfounded is how many dispersals of one key a server keeps of which each other server was the first to speak, and of
// which so few have spoken that they may have invented them. The oldest make room (U6).
const maxUnfounded = protocols.MaxUnfounded

// registered is the record of the register: the server's version, and who listens.
type registered struct {
	Time      Time
	Listeners []listener
	Unfounded []unfounded

	changed bool
}

// A listener is a client that wants every version over the one that it has been told of.
type listener struct {
	protocols.Ticket
	Name  []byte
	Brief bool // it wants timestamps only
	Over  Time
}

// An unfounded dispersal is one that those who have spoken of it may have invented. Server is the first of them.
type unfounded struct {
	Server uint64
	Time   Time
}

// hear notes that a server speaks of a dispersal, and whether it is founded. It returns the one that must make room, if one
// must.
func (r *registered) hear(server int, t Time, founded bool) (gone *Time) {
	i := slices.IndexFunc(r.Unfounded, func(u unfounded) bool { return u.Time.Compare(t) == 0 })
	if founded == (i < 0) {
		return nil
	}
	r.changed = true
	if founded {
		r.Unfounded = slices.Delete(r.Unfounded, i, i+1)
		return nil
	}
	r.Unfounded = append(r.Unfounded, unfounded{uint64(server), t})
	same := func(u unfounded) bool { return u.Server == uint64(server) }
	n := 0
	for _, u := range r.Unfounded {
		if same(u) {
			n++
		}
	}
	if n <= maxUnfounded {
		return nil
	}
	i = slices.IndexFunc(r.Unfounded, same)
	oldest := r.Unfounded[i].Time
	r.Unfounded = slices.Delete(r.Unfounded, i, i+1)
	return &oldest
}

func (*server) registered(state protocols.StateReader) (r registered, err error) {
	_, err = wire.ReadBody(state, recordRegister, &r)
	return r, err
}

// listen adds a listener, or has one that asks again answered where it is now.
func (r *registered) listen(l listener) {
	r.changed = true
	if i := r.find(l.Name); i >= 0 {
		r.Listeners[i].Ticket = l.Ticket
		return
	}
	r.Listeners = append(r.Listeners, l)
	r.Listeners = r.Listeners[max(0, len(r.Listeners)-maxListeners):]
}

// end removes a listener, if there is one of the name.
func (r *registered) end(name []byte) {
	if i := r.find(name); i >= 0 {
		r.Listeners, r.changed = slices.Delete(r.Listeners, i, i+1), true
	}
}

func (r *registered) find(name []byte) int {
	return slices.IndexFunc(r.Listeners, func(l listener) bool { return bytes.Equal(l.Name, name) })
}

// save adds the record to the effects, if it has changed.
func (r *registered) save(e protocols.Effects) (protocols.Effects, error) {
	if !r.changed {
		return e, nil
	}
	var err error
	if e.Records, err = wire.AddRecord(e.Records, recordRegister, r, nil); err != nil {
		return protocols.Effects{}, err
	}
	return e, nil
}

// votes is the record of a dispersal's votes.
type votes struct {
	Echoes, Readies []bool             // by server, those that came; nil for none
	Sent            bool               // this server's READY
	Waiting         []protocols.Ticket // of writers that wait for the end
	Right, Wrong    bool               // the fragments are of a value, or of none
	Ended           bool
}

// fragments is the record of a dispersal's fragments, which are its payload, one after the other. Those of a dispersal
// that is Right are the server's own alone.
type fragments struct {
	Check Checksum
	Of    []uint64 // servers
}

// version is the reply with the version of that time, or without one.
func version(t Time, state protocols.StateReader) (m protocols.Message, err error) {
	if t.TS.IsZero() {
		return protocols.Message{Body: &Version{}}, nil
	}
	var f fragments
	fragment, _, err := wire.ReadRecord(state, recordFragments(t), &f)
	return protocols.Message{Body: &Version{TS: t.TS, Check: f.Check}, Payload: fragment}, err
}
