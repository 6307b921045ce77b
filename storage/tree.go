package storage

import (
	"errors"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/powbench/powbench/protocols"
)

// A tree keeps registers in Pebble, in a directory of its own.
type tree struct {
	dir     string
	db      *pebble.DB
	lock    *pebble.Lock
	failure *failure
	stalls  *stalls
	written *vfs.DiskWriteStatsCollector // bytes written to files
}

// openTree opens the database in o.Dir, or makes one there.
func openTree(o Options, files vfs.FS) (*tree, error) {
	dir, err := makeDir(o.Dir, files)
	if err != nil {
		return nil, explain(o.Dir, err)
	}
	lock, err := pebble.LockDirectory(dir, files)
	if err != nil {
		return nil, explainLock(dir, err)
	}
	t := &tree{
		dir: dir, lock: lock,
		failure: &failure{dir: dir}, stalls: &stalls{}, written: vfs.NewDiskWriteStatsCollector(),
	}
	if t.db, err = t.openTwice(o, files); err != nil {
		err = explainOpen(dir, err)
		if failed := t.failure.err(); failed != nil {
			err = failed // it came first; Pebble's error is what followed
		}
		return nil, errors.Join(err, lock.Close())
	}
	if err := t.failure.err(); err != nil {
		_ = t.close() // what follows the failure tells nothing more
		return nil, err
	}
	return t, nil
}

// openTwice opens the database, a new one twice: in the first log that Pebble makes in a directory, damage passes for the
// end of the log, and what follows it would be lost without an error.
func (t *tree) openTwice(o Options, files vfs.FS) (*pebble.DB, error) {
	found, err := pebble.Peek(t.dir, files)
	if err != nil {
		return nil, err
	}
	db, err := pebble.Open(t.dir, t.tune(o, files))
	if err != nil || found.Exists {
		return db, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return pebble.Open(t.dir, t.tune(o, files))
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

// close implements engine.
func (t *tree) close() error { return errors.Join(t.db.Close(), t.lock.Close()) }

// put implements engine. It hands the records to the log and to memory in one batch, which Pebble writes and syncs
// together with those of other requests that come meanwhile.
func (t *tree) put(key protocols.Key, records []protocols.Record) (pending, error) {
	b, err := t.batch(key, records)
	if err != nil {
		return nil, err
	}
	return logged{b}, t.db.ApplyNoSyncWait(b, pebble.Sync)
}

// batch is a batch of the records. It has the right size: one that grows would copy up to 16 MiB on the way.
func (t *tree) batch(key protocols.Key, records []protocols.Record) (*pebble.Batch, error) {
	size := pebbleHeaderBytes
	for _, r := range records {
		size += len(r.Body) + len(r.Payload) + 2*(entryBytes+len(key)+len(r.Name))
	}
	b := t.db.NewBatchWithSize(size)
	for _, r := range records {
		if err := add(b, key, r); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// logged is a batch that waits for the log.
type logged struct{ batch *pebble.Batch }

func (l logged) wait() error {
	if err := l.batch.SyncWait(); err != nil {
		return err
	}
	return l.batch.Close()
}
