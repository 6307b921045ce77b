package storage

import (
	"cmp"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/protocols"
)

// format names the way in which records become Pebble entries. Pebble stores it as the name of the key order and refuses
// to open a directory with another.
const format = "powbench.storage.1"

// Defaults that keep a server process within 256 MiB at 60 MB/s, also while the disk falls behind. Memtables of twice the
// size were no faster, took more memory and made the longest wait longer.
const (
	cacheBytes           = 16 << 20
	defaultMemTableBytes = 8 << 20
	memTables            = 4 // that may wait for the disk before writers wait
)

// KeptLogBytes is how large the write-ahead logs together become that a store keeps to write over them: Pebble keeps one more than
// memtables may wait.
const KeptLogBytes = (memTables + 1) * defaultMemTableBytes

// separatedBytes is the size from which a value goes to a blob file. Bodies stay below it and lie in the tree.
const separatedBytes = 4 << 10

// discard is the log of a store without one.
var discard = slog.New(slog.DiscardHandler)

// tune returns Pebble's options for few large values that are often overwritten.
func (t *tree) tune(o Options) *pebble.Options {
	order := *pebble.DefaultComparer
	order.Name = format
	p := &pebble.Options{
		Comparer:                    &order,
		FS:                          &disk{FS: t.files, noSync: o.Durability == protocols.Unsynced, failure: t.failure, written: t.written},
		Lock:                        t.lock,
		Logger:                      logger{log: cmp.Or(o.Log, discard), failure: t.failure},
		FormatMajorVersion:          pebble.FormatValueSeparation,
		CacheSize:                   cacheBytes,
		MaxOpenFiles:                openFiles(),
		MemTableSize:                uint64(cmp.Or(o.MemTableBytes, defaultMemTableBytes)),
		MemTableStopWritesThreshold: memTables,
		BytesPerSync:                1 << 20,
		EventListener:               t.listener(),
	}
	p.Experimental.ValueSeparationPolicy = separation
	// Values are fragments of what clients store, mostly random: compression would cost and not help.
	p.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return p
}

// openFiles is how many tables the database keeps open: no more than a quarter of what the process may, as connections take
// the rest.
func openFiles() int {
	const usual, least = 1000, 32
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return usual
	}
	return int(max(least, min(usual, files.Cur/4)))
}

// separation keeps values out of compactions. At a low reference depth Pebble rewrites them after all: 10 doubles what is
// written; 500 is never reached here. Garbage is reclaimed when it is half a file.
func separation() pebble.ValueSeparationPolicy {
	return pebble.ValueSeparationPolicy{
		Enabled:               true,
		MinimumSize:           separatedBytes,
		MaxBlobReferenceDepth: 500,
		RewriteMinimumAge:     5 * time.Second,
		TargetGarbageRatio:    0.5,
	}
}

// listener is told of Pebble's background work. A failure there becomes the store's; damage that a read finds is that
// read's error alone, because the other registers can still be served.
func (t *tree) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: t.failure.set,
		DataCorruption:  func(pebble.DataCorruptionInfo) {},
		WriteStallBegin: func(pebble.WriteStallBeginInfo) { t.stalls.begin() },
		WriteStallEnd:   t.stalls.end,
	}
}

// Metrics counts what a store has done since it was opened. Bytes are those handed to the operating system.
type Metrics struct {
	AppliedBytes   int64         // of bodies and payloads that Apply has acknowledged
	LogBytes       int64         // written to the write-ahead log
	FlushedBytes   int64         // written from memory to tables and blob files
	CompactedBytes int64         // written again by compactions
	DiskBytes      int64         // in use by the store's files now, including those that await removal
	Flushes        int64         // how often memory was written out
	Compactions    int64         // that have ended, of whatever kind
	L0Files        int64         // tables that flushes have left and no compaction has merged yet
	Stalls         int64         // how often writers had to wait for the disk to catch up
	StallTime      time.Duration // the sum of these waits
}

// WriteAmplification is the number of bytes written per byte applied; 0 if none was applied.
func (m Metrics) WriteAmplification() float64 {
	if m.AppliedBytes == 0 {
		return 0
	}
	return float64(m.LogBytes+m.FlushedBytes+m.CompactedBytes) / float64(m.AppliedBytes)
}

// Metrics returns the counts up to now; the zero Metrics after Close.
func (s *Store) Metrics() Metrics {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return Metrics{}
	}
	m := Metrics{AppliedBytes: s.applied.Load()}
	s.engine.measure(&m)
	return m
}

// measure implements engine.
func (t *tree) measure(m *Metrics) {
	db := t.db.Metrics()
	m.DiskBytes = int64(db.DiskSpaceUsage())
	m.Flushes, m.Compactions, m.L0Files = db.Flush.Count, db.Compact.Count, db.Levels[0].TablesCount
	// Counted at the files: Pebble's own metrics count flushed blob files twice and rewritten ones not at all.
	for _, w := range t.written.GetStats() {
		switch w.Category {
		case "pebble-wal":
			m.LogBytes += int64(w.BytesWritten)
		case "pebble-memtable-flush":
			m.FlushedBytes += int64(w.BytesWritten)
		case "pebble-compaction", "pebble-blob-file-rewrite":
			m.CompactedBytes += int64(w.BytesWritten)
		}
	}
	m.Stalls, m.StallTime = t.stalls.sum()
}

// stalls counts the times in which Pebble makes writers wait.
type stalls struct {
	mu    sync.Mutex
	count int64
	total time.Duration
	since time.Time // when the present one began; zero if there is none
}

func (s *stalls) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.since = time.Now()
}

func (s *stalls) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total += time.Since(s.since)
	s.since = time.Time{}
}

// sum returns the number of stalls and their length, up to now for one that still lasts.
func (s *stalls) sum() (int64, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := s.total
	if !s.since.IsZero() {
		total += time.Since(s.since)
	}
	return s.count, total
}
