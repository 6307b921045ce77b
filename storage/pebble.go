package storage

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/powbench/powbench/protocols"
)

// A Pebble is the database below a store, by itself: opened with the same options, on the same file system. It is there to
// be measured beside the store, to tell what the disk and Pebble allow at all.
type Pebble struct {
	store *Store
	tree  *tree
}

// Pebble is the store's database. A store in memory has none.
func (s *Store) Pebble() (Pebble, error) {
	t, ok := s.engine.(*tree)
	if !ok {
		return Pebble{}, errors.New("a store in memory has no Pebble below it: choose durability write or fsync")
	}
	return Pebble{s, t}, nil
}

// Commit is Store.Apply as Pebble's documentation shows it: one batch, which it commits and waits for.
func (p Pebble) Commit(key protocols.Key, records []protocols.Record) error {
	p.store.closing.RLock()
	defer p.store.closing.RUnlock()
	if err := p.store.usable(); err != nil {
		return err
	}
	b, err := p.tree.batch(key, records)
	if err != nil {
		return p.store.explain(err)
	}
	if err := errors.Join(b.Commit(pebble.Sync), b.Close()); err != nil {
		return p.store.explain(err)
	}
	if err := p.store.failure.err(); err != nil { // the disk hides it from Pebble
		return err
	}
	for _, r := range records {
		p.store.applied.Add(int64(len(r.Body) + len(r.Payload)))
	}
	return nil
}
