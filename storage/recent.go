package storage

import (
	"maps"
	"slices"
	"sync"

	"github.com/powbench/powbench/protocols"
)

// Bounds of what a database keeps of bodies beside its own cache.
const (
	recentBytes   = 16 << 20 // of all registers, names and bodies
	registerBytes = 16 << 10 // of one
	// recordBytes is about what maps and slices take for a record beside its name and body.
	recordBytes = 128
)

// recent answers most look-ups of bodies without the database: of the newest records of a register, and whether there is
// any. Of every register that it knows it has all bodies whose names follow the register's floor. The names that protocols
// give to versions follow one another as the versions do, so it is the oldest that it drops.
//
// It begins with an empty database and learns what is stored; a register that comes when it is full, it does not know. It is
// safe for concurrent use if requests to one key are not.
type recent struct {
	mu        sync.RWMutex
	all       bool // a register that is missing here has no records
	registers map[protocols.Key]*tail
	bytes     int // of all tails
}

// A tail is the body entries of a register whose names follow the floor.
type tail struct {
	entries map[string][]byte
	floor   string // "" if all names are there
	bytes   int
}

// newRecent makes a recent of a database that is empty, or of one of which nothing is known.
func newRecent(empty bool) *recent {
	return &recent{all: empty, registers: map[protocols.Key]*tail{}}
}

// find returns a record's body entry, whose content never changes, and whether there is one; known is false if only the
// database can tell.
func (r *recent) find(key protocols.Key, name string) (entry []byte, found, known bool) {
	r.mu.RLock()
	t, all := r.registers[key], r.all
	r.mu.RUnlock()
	if t == nil {
		return nil, false, all
	}
	entry, found = t.entries[name]
	return entry, found, found || name > t.floor
}

// put notes records that were stored.
func (r *recent) put(key protocols.Key, records []protocols.Record) {
	t := r.tail(key)
	if t == nil {
		return
	}
	before := t.bytes
	for _, x := range records {
		t.put(x)
	}
	for t.bytes > registerBytes {
		t.dropHalf()
	}
	r.mu.Lock()
	r.bytes += t.bytes - before
	r.mu.Unlock()
}

// tail returns what is known of a register, nil if nothing is. A register that is known to be empty becomes known if there
// is room.
func (r *recent) tail(key protocols.Key) *tail {
	r.mu.RLock()
	t := r.registers[key]
	r.mu.RUnlock()
	if t != nil {
		return t
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bytes > recentBytes {
		r.all = false
	}
	if !r.all {
		return nil
	}
	t = &tail{entries: map[string][]byte{}, bytes: recordBytes + len(key)}
	r.registers[key] = t
	r.bytes += t.bytes
	return t
}

func (t *tail) put(r protocols.Record) {
	t.drop(r.Name)
	if r.Delete || t.floor != "" && r.Name <= t.floor {
		return
	}
	entry := make([]byte, 1+len(r.Body))
	putBody(entry, r)
	t.entries[r.Name] = entry
	t.bytes += recordBytes + len(r.Name) + len(entry)
}

func (t *tail) drop(name string) {
	if entry, found := t.entries[name]; found {
		t.bytes -= recordBytes + len(name) + len(entry)
		delete(t.entries, name)
	}
}

// dropHalf raises the floor above half of the names.
func (t *tail) dropHalf() {
	names := slices.Sorted(maps.Keys(t.entries))
	for _, name := range names[:(len(names)+1)/2] {
		t.drop(name)
		t.floor = name
	}
}
