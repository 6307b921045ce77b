package play

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
)

// A Store is the records of one server, in memory: by key and name.
type Store map[protocols.Key]map[string]protocols.Record

// Put stores copies of the records that one request writes.
func (s Store) Put(key protocols.Key, records ...protocols.Record) {
	if len(records) > 0 && s[key] == nil {
		s[key] = map[string]protocols.Record{}
	}
	for _, r := range records {
		if s[key][r.Name] = Clone(r); r.Delete {
			delete(s[key], r.Name)
		}
	}
}

// Clone is a copy of a record. No payload and an empty one look alike on a disk, as they do on a network.
func Clone(r protocols.Record) protocols.Record {
	return protocols.Record{Name: r.Name, Body: bytes.Clone(r.Body), Payload: ClonePayload(r.Payload)}
}

// ClonePayload is a copy of a payload, nil if it is empty.
func ClonePayload(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	return bytes.Clone(p)
}

// Lend lends the records of one key for the time of one request.
func (s Store) Lend(key protocols.Key) *Lent { return &Lent{records: s[key]} }

// Lent is the state that a server may read while it handles one request. It lends copies, which TakeBack overwrites, so
// that a test notices a server that keeps one.
type Lent struct {
	records map[string]protocols.Record
	lent    [][]byte
}

var _ protocols.StateReader = (*Lent)(nil)

// Get implements protocols.StateReader.
func (l *Lent) Get(name string) (body, payload []byte, found bool, err error) {
	r, found := l.records[name]
	r = Clone(r)
	l.lent = append(l.lent, r.Body, r.Payload)
	return r.Body, r.Payload, found, nil
}

// Body implements protocols.StateReader.
func (l *Lent) Body(name string) (body []byte, found bool, err error) {
	r, found := l.records[name]
	body = bytes.Clone(r.Body)
	l.lent = append(l.lent, body)
	return body, found, nil
}

// Payload lends a copy of the request's payload.
func (l *Lent) Payload(p []byte) []byte {
	p = ClonePayload(p)
	l.lent = append(l.lent, p)
	return p
}

// TakeBack overwrites all that was lent.
func (l *Lent) TakeBack() {
	for _, b := range l.lent {
		for i := range b {
			b[i] = 0xDB
		}
	}
}
