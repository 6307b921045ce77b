// Package kept is what a server of AVID keeps of a key beside its dispersals: which version it has, who listens, and of what others may
// have invented.
//
// It imports the model, wire and versions; avid and its tests import it.
package kept

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/versions"
	"github.com/powbench/powbench/protocols/wire"
)

// Record is the name of the register's record.
const Record = "register"

// MaxListeners is how many clients may listen to one key; the oldest make room (U6).
const MaxListeners = 128

// Register is a key's version, who listens, and the dispersals that may be invented.
type Register struct {
	Time      versions.Time
	Listeners []Listener
	Unfounded []Unfounded

	changed bool
}

// A Listener is a client that wants every version over the one that it has been told of.
type Listener struct {
	protocols.Ticket
	Name  []byte
	Brief bool // it wants timestamps only
	Over  versions.Time
}

// An Unfounded dispersal is one that those who have spoken of it may have invented. Server is the first of them. A server keeps
// protocols.MaxUnfounded of each other one; the oldest make room (U6).
type Unfounded struct {
	Server uint64
	Time   versions.Time
}

// Load reads the register's record.
func Load(state protocols.StateReader) (r Register, err error) {
	_, err = wire.ReadBody(state, Record, &r)
	return r, err
}

// Save adds the record to the effects, if it has changed.
func (r *Register) Save(e protocols.Effects) (protocols.Effects, error) {
	if !r.changed {
		return e, nil
	}
	var err error
	if e.Records, err = wire.AddRecord(e.Records, Record, r, nil); err != nil {
		return protocols.Effects{}, err
	}
	return e, nil
}

// Replace makes the version the register's, and returns the one before.
func (r *Register) Replace(by versions.Time) (superseded versions.Time) {
	superseded, r.Time, r.changed = r.Time, by, true
	return superseded
}

// Hear notes that a server speaks of a dispersal, and whether it is founded. It returns the one that must make room, if one
// must.
func (r *Register) Hear(server int, t versions.Time, founded bool) (gone *versions.Time) {
	i := slices.IndexFunc(r.Unfounded, func(u Unfounded) bool { return u.Time.Compare(t) == 0 })
	if founded == (i < 0) {
		return nil
	}
	r.changed = true
	if founded {
		r.Unfounded = slices.Delete(r.Unfounded, i, i+1)
		return nil
	}
	r.Unfounded = append(r.Unfounded, Unfounded{uint64(server), t})
	same := func(u Unfounded) bool { return u.Server == uint64(server) }
	n := 0
	for _, u := range r.Unfounded {
		if same(u) {
			n++
		}
	}
	if n <= protocols.MaxUnfounded {
		return nil
	}
	i = slices.IndexFunc(r.Unfounded, same)
	oldest := r.Unfounded[i].Time
	r.Unfounded = slices.Delete(r.Unfounded, i, i+1)
	return &oldest
}

// Listen adds a listener, or has one that asks again answered where it is now.
func (r *Register) Listen(l Listener) {
	r.changed = true
	if i := r.find(l.Name); i >= 0 {
		r.Listeners[i].Ticket = l.Ticket
		return
	}
	r.Listeners = append(r.Listeners, l)
	r.Listeners = r.Listeners[max(0, len(r.Listeners)-MaxListeners):]
}

// End removes a listener, if there is one of the name.
func (r *Register) End(name []byte) {
	if i := r.find(name); i >= 0 {
		r.Listeners, r.changed = slices.Delete(r.Listeners, i, i+1), true
	}
}

func (r *Register) find(name []byte) int {
	return slices.IndexFunc(r.Listeners, func(l Listener) bool { return bytes.Equal(l.Name, name) })
}
