package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// failFrom makes the changes of files fail, from the nth on: all of them, or just that one.
func failFrom(n int64, once bool, err error) (*atomic.Int64, errorfs.Injector) {
	var changes atomic.Int64
	return &changes, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpCreate, errorfs.OpReuseForWrite, errorfs.OpRename, errorfs.OpOpenDir, errorfs.OpMkdirAll,
			errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			if i := changes.Add(1) - 1; i == n || i > n && !once {
				return err
			}
		}
		return nil
	})
}

// fill writes records of some keys, over and over, until an error, and returns the last acknowledged version of each.
func fill(s *Store) (acks map[int]uint64, err error) {
	acks = map[int]uint64{}
	for version := uint64(1); version <= 30; version++ {
		for w := range killWriters {
			if err := s.Apply(writerKey(w), versionRecords(version, 10<<10)); err != nil {
				return acks, err
			}
			acks[w] = version
		}
	}
	return acks, nil
}

// TestDiskFailure lets every so manyth change of the files fail, for want of space or because the disk does, and expects the
// failure from every call after it, and all that was acknowledged when the store is opened again, also if the power goes too.
func TestDiskFailure(t *testing.T) {
	changes, none := failFrom(1<<62, true, nil)
	s := mustOpen(t, Options{Dir: "store", MemTableBytes: smallMemTable}, errorfs.Wrap(vfs.NewMem(), none))
	if _, err := fill(s); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	const points = 80
	for i := range int64(points) {
		n := i
		if i > 40 { // every one while it opens, then at equal distances
			n = i * changes.Load() / points
		}
		for _, failure := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
			checkDiskFailure(t, n, i%2 == 0, failure)
			if i <= 40 {
				checkDiskFailure(t, n, i%2 != 0, failure)
			}
		}
	}
}

// remedies are what is to be said of the failures of a disk.
var remedies = map[syscall.Errno]string{
	syscall.ENOSPC: "make room there or choose another directory",
	syscall.EDQUOT: "make room there or choose another directory",
	syscall.EFBIG:  "raise the limit on the size of files",
	syscall.EIO:    "choose a directory on another one",
}

// Each failure of a disk has a remedy, and the file's name stays in the text.
func TestRemedies(t *testing.T) {
	for failure := range remedies {
		checkRemedy(t, failure.Error(), explain("store", &fs.PathError{Op: "write", Path: "000004.log", Err: failure}), failure)
	}
}

// checkRemedy expects an error that names the folder and the remedy, once each.
func checkRemedy(t *testing.T, where string, err error, failure syscall.Errno) {
	t.Helper()
	for _, want := range []string{"storage in store: ", remedies[failure]} {
		if strings.Count(err.Error(), want) != 1 || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s: want %q once, in one line, in: %v", where, want, err)
		}
	}
	if !errors.Is(err, failure) {
		t.Fatalf("%s: want %v: %v", where, failure, err)
	}
}

func checkDiskFailure(t *testing.T, n int64, once bool, failure syscall.Errno) {
	t.Helper()
	where := fmt.Sprintf("change %d, once %v, %v", n, once, failure)
	files := vfs.NewCrashableMem()
	changes, injector := failFrom(n, once, fmt.Errorf("injected: %w", failure))
	o := Options{Dir: "store", MemTableBytes: smallMemTable, Files: errorfs.Wrap(files, injector)}
	var acks map[int]uint64
	s, err := Open(o)
	if err == nil {
		acks, err = fill(s)
		closed := s.Close()
		if err == nil {
			err = closed // the last changes are those of Close
		}
	}
	switch injected := changes.Load() > n; { // the number of changes differs a little from run to run
	case injected != (err != nil):
		t.Fatalf("%s: injected %v, but the error is %v", where, injected, err)
	case injected:
		checkRemedy(t, where, err, failure)
	}
	for _, after := range []*vfs.MemFS{files.CrashClone(vfs.CrashCloneCfg{}), files} {
		s := mustReopen(t, o, after, where)
		for w, version := range acks {
			checkVersion(t, s, w, version, uint64(n))
		}
		if err := s.Close(); err != nil {
			t.Fatal(where, err)
		}
	}
}

func mustReopen(t *testing.T, o Options, files vfs.FS, where string) *Store {
	t.Helper()
	o.Files = files
	s, err := Open(o)
	if err != nil {
		t.Fatalf("%s: open again: %v", where, err)
	}
	return s
}

// TestReadFailure lets a disk fail to be read, once or from then on, at every so manyth operation that changes nothing, and
// expects an error or what was acknowledged, and all of that from a disk that works again.
func TestReadFailure(t *testing.T) {
	image := vfs.NewCrashableMem()
	o := Options{Dir: "store", MemTableBytes: smallMemTable}
	s := mustOpen(t, o, image)
	acks, err := fill(s)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	reads, none := failReads(1<<62, true)
	checkReads(t, "no failure", o, errorfs.Wrap(whole(image), none), acks)
	total := reads.Load()
	t.Logf("%d operations that change nothing", total)
	for n := int64(0); n < total; n += max(1, total/100) {
		for _, once := range []bool{true, false} {
			where := fmt.Sprintf("read %d, once %v", n, once)
			files := whole(image)
			_, injector := failReads(n, once)
			after := checkReads(t, where, o, errorfs.Wrap(files, injector), acks)
			s := mustReopen(t, o, files, where)
			for w, version := range after {
				checkVersion(t, s, w, version, uint64(n))
			}
			if err := s.Close(); err != nil {
				t.Fatal(where, err)
			}
		}
	}
}

// whole is a copy of files with all that was written to them.
func whole(files *vfs.MemFS) *vfs.MemFS {
	return files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(0, 0))})
}

// failReads makes operations fail that change nothing, as failFrom does those that do.
func failReads(n int64, once bool) (*atomic.Int64, errorfs.Injector) {
	var reads atomic.Int64
	return &reads, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpOpen, errorfs.OpList, errorfs.OpStat, errorfs.OpFileRead, errorfs.OpFileReadAt, errorfs.OpFileStat,
			errorfs.OpLock, errorfs.OpGetDiskUsage:
			if i := reads.Add(1) - 1; i == n || i > n && !once {
				return fmt.Errorf("injected: %w", syscall.EIO)
			}
		}
		return nil
	})
}

// checkReads opens a store, reads what was acknowledged, writes on and reads again. Each may fail, with one clear message, but not
// lie. It returns what is acknowledged then.
func checkReads(t *testing.T, where string, o Options, files vfs.FS, acks map[int]uint64) map[int]uint64 {
	t.Helper()
	fails := func(err error) bool {
		if err != nil {
			checkRemedy(t, where, err, syscall.EIO)
		}
		return err != nil
	}
	after := maps.Clone(acks)
	o.Files = files
	s, err := Open(o)
	if fails(err) {
		return after
	}
	for range 2 {
		for w, version := range after {
			if got, err := readVersion(s, w); !fails(err) && got != version {
				t.Fatalf("%s: writer %d: version %d was acknowledged, but %d is read", where, w, version, got)
			}
			if !fails(s.Apply(writerKey(w), versionRecords(version+1, 10<<10))) {
				after[w]++
			}
		}
	}
	fails(s.Close())
	return after
}
