package storage

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/powbench/powbench/protocols"
)

// A record is up to two entries: its body, after a byte that says whether there is a payload, and the payload.
const (
	bodyEntry    byte = 0
	payloadEntry byte = 1

	bodyOnly    byte = 0
	bodyPayload byte = 1
)

// entryBytes bounds the bytes of an entry in a batch beside the record's key, name, body and payload: the flag, the lengths
// of key and name, the part, and Pebble's kind and two lengths.
const entryBytes = 1 + 2*binary.MaxVarintLen32 + 1 + 1 + 2*binary.MaxVarintLen32

// appendEntry appends the name of a record's entry. Key and name follow their lengths, so no entry's name is a prefix of
// another's, and the entries of a register lie side by side.
func appendEntry(buf []byte, key protocols.Key, name string, part byte) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(key)))
	buf = append(buf, key...)
	buf = binary.AppendUvarint(buf, uint64(len(name)))
	buf = append(buf, name...)
	return append(buf, part)
}

// Apply stores or deletes the records of one request to a key, all or none; of two with the same name the later counts.
// When it returns nil, they are durable in the sense of the store's Durability; after an error they may be stored or not.
// It copies what it stores.
func (s *Store) Apply(key protocols.Key, records []protocols.Record) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if err := s.usable(); err != nil || len(records) == 0 {
		return err
	}
	bytes, entries := 0, 0
	for _, r := range records {
		bytes += len(r.Body) + len(r.Payload)
		entries += 2 * (entryBytes + len(key) + len(r.Name))
	}
	// A batch of the right size: one that grows would copy up to 16 MiB on the way.
	b := s.db.NewBatchWithSize(bytes + entries + pebbleHeaderBytes)
	for _, r := range records {
		if err := add(b, key, r); err != nil {
			return explain(s.dir, err)
		}
	}
	if err := b.Commit(s.commit); err != nil {
		return explain(s.dir, err)
	}
	// The disk hides its failure from Pebble: only this tells whether the records have been written.
	if err := s.failure.err(); err != nil {
		return err
	}
	s.applied.Add(int64(bytes))
	return explain(s.dir, b.Close())
}

// pebbleHeaderBytes is the length of a batch's header.
const pebbleHeaderBytes = 12

// add adds a record's entries to a batch.
func add(b *pebble.Batch, key protocols.Key, r protocols.Record) error {
	name := appendEntry(make([]byte, 0, entryBytes+len(key)+len(r.Name)), key, r.Name, bodyEntry)
	if err := addBody(b, name, r); err != nil {
		return err
	}
	name[len(name)-1] = payloadEntry
	if r.Payload == nil {
		return b.Delete(name, nil) // that of an earlier record of this name, if there is one
	}
	return b.Set(name, r.Payload, nil)
}

// addBody adds the entry of a record's body.
func addBody(b *pebble.Batch, name []byte, r protocols.Record) error {
	if r.Delete {
		return b.Delete(name, nil)
	}
	flag := bodyOnly
	if r.Payload != nil {
		flag = bodyPayload
	}
	body := b.SetDeferred(len(name), 1+len(r.Body))
	copy(body.Key, name)
	body.Value[0] = flag
	copy(body.Value[1:], r.Body)
	return body.Finish()
}

// State returns the reader of one register. It reads copies into mem.
func (s *Store) State(key protocols.Key, mem protocols.Memory) protocols.StateReader {
	return state{store: s, key: key, mem: mem}
}

// A state reads the records of one register.
type state struct {
	store *Store
	key   protocols.Key
	mem   protocols.Memory
}

// Get implements protocols.StateReader. A payload that was stored empty is returned empty and not nil.
func (r state) Get(name string) (body, payload []byte, found bool, err error) {
	flag, body, found, err := r.body(name)
	if !found || err != nil || flag == bodyOnly {
		return body, nil, found, err
	}
	payload, found, err = r.entry(name, payloadEntry)
	if err == nil && !found {
		err = r.damaged(name)
	}
	if err != nil {
		return nil, nil, false, err
	}
	return body, payload, true, nil
}

// Body implements protocols.StateReader.
func (r state) Body(name string) (body []byte, found bool, err error) {
	_, body, found, err = r.body(name)
	return body, found, err
}

func (r state) body(name string) (flag byte, body []byte, found bool, err error) {
	value, found, err := r.entry(name, bodyEntry)
	if !found || err != nil {
		return 0, nil, false, err
	}
	if len(value) == 0 || value[0] > bodyPayload {
		return 0, nil, false, r.damaged(name)
	}
	return value[0], value[1:], true, nil
}

// entry returns a copy of an entry's value, never nil if found.
func (r state) entry(name string, part byte) (value []byte, found bool, err error) {
	s := r.store
	s.closing.RLock()
	defer s.closing.RUnlock()
	if err := s.usable(); err != nil {
		return nil, false, err
	}
	stored, release, err := s.db.Get(appendEntry(make([]byte, 0, entryBytes+len(r.key)+len(name)), r.key, name, part))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, explain(s.dir, err)
	}
	value = []byte{}
	if len(stored) > 0 {
		value = r.mem.Bytes(len(stored))
		copy(value, stored)
	}
	return value, true, explain(s.dir, release.Close())
}

// damaged is the error of a record whose entries contradict each other.
func (r state) damaged(name string) error {
	return explain(r.store.dir, fmt.Errorf("record %q of key %q: %w", name, r.key, pebble.ErrCorruption))
}
