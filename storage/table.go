package storage

import (
	"bytes"
	"sync"

	"github.com/powbench/powbench/protocols"
)

// A table keeps registers in memory: bodies in Go's heap, payloads in slabs. A hash table is enough, because the model
// asks for records by their whole name alone and never in order. There is no log and no file; all is gone when the
// process ends.
type table struct {
	slabs slabs

	mu        sync.RWMutex
	registers map[protocols.Key]register
}

// A register is the records of one key by name. Only one request to a key runs at a time, so it needs no lock.
type register map[string]stored

type stored struct {
	body, payload []byte
	slab          *slab // that the payload lies in; nil if it is small or none
}

// newTable makes a table with memory for so many bytes of payloads, if any, ready for use.
func newTable(reserve int64) (*table, error) {
	t := &table{registers: map[protocols.Key]register{}}
	if reserve == 0 {
		return t, nil
	}
	return t, t.slabs.reserve(int(reserve))
}

// put implements engine. It copies payloads to slabs, those of a replaced record if they fit and are not lent.
func (t *table) put(key protocols.Key, records []protocols.Record) (pending, error) {
	reg := t.register(key)
	for _, r := range records {
		old := reg[r.Name]
		if r.Delete {
			old.release()
			delete(reg, r.Name)
			continue
		}
		kept, err := t.keep(old, r.Payload)
		if err != nil {
			return nil, err
		}
		kept.body = append(old.body[:0], r.Body...)
		reg[r.Name] = kept
	}
	return nil, nil
}

// keep returns a record with a copy of the payload and no body. It releases the old record's memory or uses it again.
func (t *table) keep(old stored, payload []byte) (kept stored, err error) {
	if len(payload) < minSlab {
		old.release()
		return stored{payload: bytes.Clone(payload)}, nil
	}
	slab := old.slab
	if slab == nil || !slab.alone() || len(slab.bytes) != slabSize(len(payload)) {
		old.release()
		if slab, err = t.slabs.take(len(payload)); err != nil {
			return stored{}, err
		}
	}
	n := copy(slab.bytes, payload)
	return stored{payload: slab.bytes[:n:n], slab: slab}, nil
}

func (r stored) release() {
	if r.slab != nil {
		r.slab.Release()
	}
}

// lend returns the payload, which lives as long as mem does: the record's own memory if mem can hold that, else a copy.
func (r stored) lend(mem protocols.Memory) []byte {
	if r.payload == nil {
		return nil
	}
	borrower, ok := mem.(protocols.Borrower)
	if r.slab == nil || !ok {
		return lend(mem, r.payload)
	}
	r.slab.hold()
	borrower.Borrow(r.slab)
	return r.payload
}

// register returns the register of a key, made if it is missing.
func (t *table) register(key protocols.Key) register {
	t.mu.RLock()
	reg := t.registers[key]
	t.mu.RUnlock()
	if reg != nil {
		return reg
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.registers[key] == nil { // nobody else makes this key's, but may have made room for it
		t.registers[key] = register{}
	}
	return t.registers[key]
}

// get implements engine.
func (t *table) get(key protocols.Key, name string, mem protocols.Memory) (body, payload []byte, found bool, _ error) {
	r, found := t.find(key, name)
	if !found {
		return nil, nil, false, nil
	}
	return lend(mem, r.body), r.lend(mem), true, nil
}

// body implements engine.
func (t *table) body(key protocols.Key, name string, mem protocols.Memory) (body []byte, found bool, _ error) {
	r, found := t.find(key, name)
	if !found {
		return nil, false, nil
	}
	return lend(mem, r.body), true, nil
}

func (t *table) find(key protocols.Key, name string) (r stored, found bool) {
	t.mu.RLock()
	reg := t.registers[key]
	t.mu.RUnlock()
	r, found = reg[name]
	return r, found
}

// measure implements engine. There is no disk of which to count anything.
func (t *table) measure(*Metrics) {}

// close implements engine.
func (t *table) close() error { return t.slabs.close() }
