package storage

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// format names how records become Pebble entries. Pebble keeps it as the name of the key order and refuses to open a
// directory that was written under another.
const format = "powbench.storage.1"

// Defaults that keep a server process within 256 MiB at 60 MB/s, also while the disk falls behind. Memtables twice the
// size were no faster, took more memory and made the longest wait longer.
const (
	defaultCacheBytes    = 16 << 20
	defaultMemTableBytes = 8 << 20
	memTables            = 4 // so many may wait for the disk before writers wait
)

// separatedBytes is the size from which a value goes to a blob file. Bodies stay below it and lie in the tree.
const separatedBytes = 4 << 10

// discard is the log of a store that nobody listens to.
var discard = slog.New(slog.DiscardHandler)

// tune returns Pebble's options for few, large, often overwritten values.
func (s *Store) tune(o Options, files vfs.FS) *pebble.Options {
	order := *pebble.DefaultComparer
	order.Name = format
	p := &pebble.Options{
		Comparer:                    &order,
		FS:                          &disk{FS: files, noSync: o.Durability == Write, failure: s.failure, written: s.written},
		Lock:                        s.lock,
		Logger:                      logger{log: cmp.Or(o.Log, discard), failure: s.failure},
		FormatMajorVersion:          pebble.FormatValueSeparation,
		CacheSize:                   cmp.Or(o.CacheBytes, defaultCacheBytes),
		MemTableSize:                uint64(cmp.Or(o.MemTableBytes, defaultMemTableBytes)),
		MemTableStopWritesThreshold: memTables,
		BytesPerSync:                1 << 20,
		DisableWAL:                  o.Durability == Memory,
		EventListener:               s.listener(),
	}
	p.Experimental.ValueSeparationPolicy = separation
	// Values are fragments of what clients store, mostly random: compression would only cost.
	p.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return p
}

// separation keeps values out of compactions. A low reference depth would have them rewritten after all: 10 costs
// twice the writing; 500 is beyond what a store of this kind reaches. Garbage is reclaimed when it is half a file.
func separation() pebble.ValueSeparationPolicy {
	return pebble.ValueSeparationPolicy{
		Enabled:               true,
		MinimumSize:           separatedBytes,
		MaxBlobReferenceDepth: 500,
		RewriteMinimumAge:     5 * time.Second,
		TargetGarbageRatio:    0.5,
	}
}

// listener hears of what Pebble does in the background. A failure there becomes the store's; damage that a read meets
// is that read's error alone, for the other registers can still be served.
func (s *Store) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: s.failure.set,
		DataCorruption:  func(pebble.DataCorruptionInfo) {},
		WriteStallBegin: func(pebble.WriteStallBeginInfo) { s.stalls.begin() },
		WriteStallEnd:   s.stalls.end,
	}
}
