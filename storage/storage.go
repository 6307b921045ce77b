// Package storage keeps the registers of one server on disk or in memory. A server reads them through a
// protocols.StateReader; the records that it writes are stored all or none per request.
//
// The engine is Pebble, a log-structured merge tree, with value separation: fragments go to blob files that compactions
// leave alone, so that a value is written twice (log and blob file) and not once per level of the tree.
//
// The package knows the model but no protocol. It imports protocols; harness and its packages may import it.
package storage

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
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
	// Log gets the engine's messages; nil drops them.
	Log *slog.Logger
}

// A Store keeps the records of all registers of one server. It is safe for concurrent use, provided that the requests to
// one key run one after the other, as protocols.Server demands.
//
// The first failure to write ends a store: every later call returns that error, and the directory stays as a crash at
// that moment would have left it, with every record that was acknowledged.
type Store struct {
	dir     string
	db      *pebble.DB
	lock    *pebble.Lock
	commit  *pebble.WriteOptions
	failure *failure
	stalls  *stalls
	applied atomic.Int64                 // bytes of bodies and payloads
	written *vfs.DiskWriteStatsCollector // bytes written to files

	closing sync.RWMutex // held for reading by every user of db
	closed  bool
}

// Open opens the store in o.Dir, or makes one there. The error says why the directory cannot be used and names the remedy.
func Open(o Options) (*Store, error) {
	o.Durability = cmp.Or(o.Durability, protocols.Fsync)
	if err := o.Durability.Check(); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	if o.Durability == protocols.Volatile {
		o.Dir = "memory"
		return open(o, vfs.NewMem())
	}
	return open(o, vfs.Default)
}

// open is Open on a file system of the caller's choice.
func open(o Options, files vfs.FS) (*Store, error) {
	dir, err := makeDir(o.Dir, files)
	if err != nil {
		return nil, explain(o.Dir, err)
	}
	lock, err := pebble.LockDirectory(dir, files)
	if err != nil {
		return nil, explainLock(dir, err)
	}
	s := &Store{
		dir: dir, lock: lock, commit: pebble.Sync,
		failure: &failure{dir: dir}, stalls: &stalls{}, written: vfs.NewDiskWriteStatsCollector(),
	}
	if o.Durability == protocols.Volatile {
		s.commit = pebble.NoSync // there is no log to wait for
	}
	if s.db, err = s.openTwice(o, files); err != nil {
		err = explainOpen(dir, err)
		if failed := s.failure.err(); failed != nil {
			err = failed // it came first; Pebble's error is what followed
		}
		return nil, errors.Join(err, lock.Close())
	}
	if err := s.failure.err(); err != nil {
		_ = s.Close() // returns the failure again
		return nil, err
	}
	return s, nil
}

// openTwice opens the database, a new one twice: in the first log that Pebble makes in a directory, damage passes for the
// end of the log, and what follows it would be lost without an error.
func (s *Store) openTwice(o Options, files vfs.FS) (*pebble.DB, error) {
	found, err := pebble.Peek(s.dir, files)
	if err != nil {
		return nil, err
	}
	db, err := pebble.Open(s.dir, s.tune(o, files))
	if err != nil || found.Exists || o.Durability == protocols.Volatile {
		return db, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return pebble.Open(s.dir, s.tune(o, files))
}

// makeDir makes the directory and returns its absolute name, by which Pebble knows a lock within the process.
func makeDir(dir string, files vfs.FS) (string, error) {
	if dir == "" {
		return "", errors.New("no directory is given")
	}
	if files == vfs.Default {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		dir = abs
	}
	return dir, files.MkdirAll(dir, 0o755)
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
	err := errors.Join(s.db.Close(), s.lock.Close())
	if failed := s.failure.err(); failed != nil {
		return failed
	}
	return explain(s.dir, err)
}

// usable returns an error if the store has failed or is closed. The caller holds s.closing.
func (s *Store) usable() error {
	if s.closed {
		return fmt.Errorf("storage in %s: %w", s.dir, os.ErrClosed)
	}
	return s.failure.err()
}
