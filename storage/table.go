package storage

import (
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

type stored struct{ body, payload []byte }

func newTable() *table { return &table{registers: map[protocols.Key]register{}} }

// put implements engine. It copies payloads to slabs, those of a replaced record if they fit.
func (t *table) put(key protocols.Key, records []protocols.Record) (pending, error) {
	reg := t.register(key)
	for _, r := range records {
		old := reg[r.Name]
		if r.Delete {
			t.slabs.give(old.payload)
			delete(reg, r.Name)
			continue
		}
		payload, err := t.keep(old.payload, r.Payload)
		if err != nil {
			return nil, err
		}
		reg[r.Name] = stored{body: append(old.body[:0], r.Body...), payload: payload}
	}
	return nil, nil
}

// keep returns a copy of a payload. It takes back the old one's memory or uses it again.
func (t *table) keep(old, payload []byte) ([]byte, error) {
	if payload != nil && cap(old) >= minSlab && slabSize(len(payload)) == cap(old) {
		old = old[:len(payload)]
		copy(old, payload)
		return old, nil
	}
	t.slabs.give(old)
	if payload == nil {
		return nil, nil
	}
	kept, err := t.slabs.take(len(payload))
	copy(kept, payload)
	return kept, err
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
	if r.payload != nil {
		payload = lend(mem, r.payload)
	}
	return lend(mem, r.body), payload, true, nil
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
