// Package storage keeps the registers of one server on disk or in memory. A server reads them through a
// protocols.StateReader; the records that it writes are stored all or none per request.
//
// On disk the engine is Pebble, a log-structured merge tree, with value separation: fragments go to blob files that
// compactions leave alone, so that a value is written twice (log and blob file) and not once per level of the tree. In
// memory it is a hash table, with payloads outside Go's heap.
//
// The store owns what it keeps: it copies a record's body and payload when it is given them, once, so a caller may use its
// buffers again as soon as a call has returned. What is read lives as long as the request's memory: copies, except of
// payloads in memory, which the store lends if the request's memory is a protocols.Borrower. A record that is replaced
// while its payload is lent gets other memory.
//
// The package knows the model but no protocol. It imports protocols; harness and its packages may import it.
package storage

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/powbench/powbench/protocols"
)

// Options say where and how a Store keeps its records.
type Options struct {
	// Dir is the directory, made if it is missing. It belongs to the store alone.
	Dir string
	// Durability is protocols.Fsync if empty. A store that is Volatile uses no directory.
	Durability protocols.Durability
	// MemTableBytes is gathered in memory before it is written out; up to four times as much is held when the disk falls
	// behind. 0 means 8 MiB.
	MemTableBytes int64
	// Reserve is how many bytes of payloads a Volatile store has memory for when Open returns. It goes on to grow as it
	// must, but memory that is used for the first time takes the kernel several times as long as to copy a payload there.
	Reserve int64
	// Log gets the engine's messages; nil drops them.
	Log *slog.Logger
	// Files is the file system that Dir lies on; nil is the operating system's. Tests give one that fails.
	Files vfs.FS
}

// A Store keeps the records of all registers of one server. It is safe for concurrent use, provided that the requests to
// one key run one after the other, as protocols.Server demands.
//
// The first failure to write ends a store: every later call returns that error, and the directory stays as a crash at
// that moment would have left it, with every record that was acknowledged.
//
// A store that is closed leaves a seal on its files: if they are other ones when it is opened again, it is refused.
type Store struct {
	engine  engine
	failure *failure
	applied atomic.Int64 // bytes of bodies and payloads

	closing sync.RWMutex // held for reading by every user of the engine
	closed  bool
}

// An engine keeps records, as the Store does, without counting or closing in mind.
type engine interface {
	// put stores the records of one request to a key, at least one, and copies them. Later reads see them. They are durable
	// when the pending commit, if it is not nil, has been waited for.
	put(key protocols.Key, records []protocols.Record) (pending, error)
	// get reads a record into mem.
	get(key protocols.Key, name string, mem protocols.Memory) (body, payload []byte, found bool, err error)
	// body is get without the payload.
	body(key protocols.Key, name string, mem protocols.Memory) (body []byte, found bool, err error)
	// measure adds what the engine counts.
	measure(m *Metrics)
	close() error
}

// A pending commit is on its way to the log.
type pending interface {
	// wait returns when it is as durable as it will be. It is called once.
	wait() error
}

// Open opens the store in o.Dir, or makes one there. The error says why the directory cannot be used and names the remedy.
func Open(o Options) (*Store, error) {
	o.Durability = cmp.Or(o.Durability, protocols.Fsync)
	if o.Files == nil {
		o.Files = vfs.Default
	}
	if err := o.Durability.Check(); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	if o.Durability == protocols.Volatile {
		t, err := newTable(o.Reserve)
		if err != nil {
			return nil, explain("memory", errors.Join(err, t.close()))
		}
		return &Store{engine: t, failure: &failure{dir: "memory"}}, nil
	}
	t, err := openTree(o)
	if err != nil {
		return nil, err
	}
	return &Store{engine: t, failure: t.failure}, nil
}

// Apply stores or deletes the records of one request to a key, all or none; of two with the same name the later counts.
// When it returns nil, they are durable in the sense of the store's Durability; after an error they may be stored or not.
// It copies what it stores.
func (s *Store) Apply(key protocols.Key, records []protocols.Record) error {
	c, err := s.Begin(key, records)
	if err != nil {
		return err
	}
	return c.Wait()
}

// Begin is Apply that does not wait until the records are durable. When it returns nil, reads see them, and the next
// request to the key may be handled; but no reply that depends on them may leave before Commit.Wait has returned. When a
// commit is durable, so are those that began before it. The caller must wait for every commit, and before Close.
func (s *Store) Begin(key protocols.Key, records []protocols.Record) (*Commit, error) {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if err := s.usable(); err != nil || len(records) == 0 {
		return nil, err
	}
	c := &Commit{store: s}
	for _, r := range records {
		c.bytes += int64(len(r.Body) + len(r.Payload))
	}
	var err error
	if c.pending, err = s.engine.put(key, records); err != nil {
		s.failure.set(err)
		return nil, s.failure.err()
	}
	return c, nil
}

// A Commit is the records of one request on their way to where the store's Durability wants them. The nil Commit is none.
type Commit struct {
	store   *Store
	pending pending // nil if there is nothing to wait for
	bytes   int64
	over    sync.Once
	err     error
}

// Wait returns when the records are durable in the sense of the store's Durability, or the error why they may be not.
// Any number of goroutines may call it, also again.
func (c *Commit) Wait() error {
	if c == nil {
		return nil
	}
	c.over.Do(c.wait)
	return c.err
}

func (c *Commit) wait() {
	if c.pending != nil {
		c.err = c.store.explain(c.pending.wait())
		c.pending = nil
	}
	// The disk hides its failure from Pebble: only this tells whether the records have been written.
	if failed := c.store.failure.err(); failed != nil {
		c.err = failed
	}
	if c.err == nil {
		c.store.applied.Add(c.bytes)
	}
}

// State returns the reader of one register. What it reads lives as long as mem and must not be changed.
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
	r.store.closing.RLock()
	defer r.store.closing.RUnlock()
	if err := r.store.usable(); err != nil {
		return nil, nil, false, err
	}
	body, payload, found, err = r.store.engine.get(r.key, name, r.mem)
	return body, payload, found, r.store.explain(err)
}

// Body implements protocols.StateReader.
func (r state) Body(name string) (body []byte, found bool, err error) {
	r.store.closing.RLock()
	defer r.store.closing.RUnlock()
	if err := r.store.usable(); err != nil {
		return nil, false, err
	}
	body, found, err = r.store.engine.body(r.key, name, r.mem)
	return body, found, r.store.explain(err)
}

// Close waits for calls in progress and closes the store. It returns the failure of a store that has failed. A second call
// does nothing; other methods then return an error.
func (s *Store) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.engine.close()
	if failed := s.failure.err(); failed != nil {
		return failed
	}
	return s.explain(err)
}

// usable returns an error if the store has failed or is closed. The caller holds s.closing.
func (s *Store) usable() error {
	if s.closed {
		return fmt.Errorf("storage in %s: %w", s.failure.dir, os.ErrClosed)
	}
	return s.failure.err()
}

// explain adds the place and the remedy to an error of the engine.
func (s *Store) explain(err error) error { return explain(s.failure.dir, err) }
