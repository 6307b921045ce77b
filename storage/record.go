package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

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

// get implements engine.
func (t *tree) get(key protocols.Key, name string, mem protocols.Memory) (body, payload []byte, found bool, err error) {
	flag, body, found, err := t.flagged(key, name, mem)
	if !found || err != nil || flag == bodyOnly {
		return body, nil, found, err
	}
	payload, found, err = t.entry(key, name, payloadEntry, mem)
	if err == nil && !found {
		err = damaged(key, name)
	}
	if err != nil {
		return nil, nil, false, err
	}
	return body, payload, true, nil
}

// body implements engine.
func (t *tree) body(key protocols.Key, name string, mem protocols.Memory) (body []byte, found bool, err error) {
	_, body, found, err = t.flagged(key, name, mem)
	return body, found, err
}

// flagged returns a record's body, and the flag before it.
func (t *tree) flagged(key protocols.Key, name string, mem protocols.Memory) (
	flag byte, body []byte, found bool, err error,
) {
	value, found, err := t.entry(key, name, bodyEntry, mem)
	if !found || err != nil {
		return 0, nil, false, err
	}
	if len(value) == 0 || value[0] > bodyPayload {
		return 0, nil, false, damaged(key, name)
	}
	return value[0], value[1:], true, nil
}

// entry returns a copy of an entry's value, never nil if found.
func (t *tree) entry(key protocols.Key, name string, part byte, mem protocols.Memory) (
	value []byte, found bool, err error,
) {
	stored, release, err := t.fetch(appendEntry(make([]byte, 0, entryBytes+len(key)+len(name)), key, name, part))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return lend(mem, stored), true, release.Close()
}

// fetch is Pebble's Get. Pebble 2.1 panics if a blob file is so damaged that it cannot be opened, and is of no use then: the store ends.
func (t *tree) fetch(name []byte) (stored []byte, release io.Closer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a blob file cannot be opened (%v): %w", p, pebble.ErrCorruption)
			t.failure.set(err)
		}
	}()
	return t.db.Get(name)
}

// lend returns a copy of what is stored in the memory of a request, never nil.
func lend(mem protocols.Memory, stored []byte) []byte {
	if len(stored) == 0 {
		return []byte{}
	}
	lent := mem.Bytes(len(stored))
	copy(lent, stored)
	return lent
}

// damaged is the error of a record whose entries contradict each other.
func damaged(key protocols.Key, name string) error {
	return fmt.Errorf("record %q of key %q: %w", name, key, pebble.ErrCorruption)
}
