package storage

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/powbench/powbench/protocols"
)

// A tree keeps registers in Pebble, in a directory of its own.
type tree struct {
	dir     string
	files   vfs.FS
	db      *pebble.DB
	lock    *pebble.Lock
	failure *failure
	stalls  *stalls
	written *vfs.DiskWriteStatsCollector // bytes written to files
}

// openTree opens the database in o.Dir, or makes one there.
func openTree(o Options) (*tree, error) {
	dir, err := makeDir(o.Dir, o.Files)
	if err != nil {
		return nil, explain(o.Dir, err)
	}
	lock, err := pebble.LockDirectory(dir, o.Files)
	if err != nil {
		return nil, explainLock(dir, err)
	}
	t := &tree{
		dir: dir, files: o.Files, lock: lock,
		failure: &failure{dir: dir}, stalls: &stalls{}, written: vfs.NewDiskWriteStatsCollector(),
	}
	if t.db, err = t.openTwice(o); err != nil {
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
func (t *tree) openTwice(o Options) (*pebble.DB, error) {
	if err := breakSeal(t.dir, t.files); err != nil {
		return nil, err
	}
	found, err := pebble.Peek(t.dir, t.files)
	if err != nil {
		return nil, err
	}
	if found.Exists {
		if err := checkManifest(found.ManifestFilename, t.files); err != nil {
			return nil, err
		}
	}
	db, err := pebble.Open(t.dir, t.tune(o))
	if err != nil || found.Exists {
		return db, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return pebble.Open(t.dir, t.tune(o))
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
	return dir, mkdir(dir, files)
}

// mkdir makes a directory and all above it that are missing, so that a power failure takes none of them away. Pebble sees
// to that only for those that it makes itself, and here the lock comes first.
func mkdir(dir string, files vfs.FS) error {
	if _, err := files.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return files.MkdirAll(dir, 0o755) // which says what is wrong if it is no directory
	}
	parent := files.PathDir(dir)
	if err := mkdir(parent, files); err != nil {
		return err
	}
	if err := files.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return syncDir(parent, files)
}

// syncDir makes the entries of a directory durable.
func syncDir(dir string, files vfs.FS) error {
	d, err := files.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// close implements engine. It seals the files of a store that has not failed.
func (t *tree) close() error {
	err := t.closePebble()
	if err == nil && t.failure.err() == nil {
		err = seal(t.dir, t.files)
	}
	return errors.Join(err, t.lock.Close())
}

// closePebble closes the database. One that has panicked before, see fetch, may do so again.
func (t *tree) closePebble() (err error) {
	defer func() {
		if t.failure.err() != nil && recover() != nil {
			err = t.failure.err()
		}
	}()
	return t.db.Close()
}

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
