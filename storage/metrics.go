package storage

import (
	"sync"
	"time"
)

// Metrics is what a store has done since it was opened. Bytes are those handed to the operating system.
type Metrics struct {
	AppliedBytes   int64         // bodies and payloads that Apply has acknowledged
	LogBytes       int64         // written to the write-ahead log
	FlushedBytes   int64         // written from memory to tables and blob files
	CompactedBytes int64         // written again by compactions
	DiskBytes      int64         // in use by the store's files now, also those that await removal
	Stalls         int64         // how often writers had to wait for the disk to catch up
	StallTime      time.Duration // for how long in sum
}

// WriteAmplification is how many bytes were written per byte applied; 0 if none was.
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
	m := Metrics{AppliedBytes: s.applied.Load(), DiskBytes: int64(s.db.Metrics().DiskSpaceUsage())}
	// Counted at the files: Pebble's own metrics count flushed blob files twice and rewritten ones not at all.
	for _, w := range s.written.GetStats() {
		switch w.Category {
		case "pebble-wal":
			m.LogBytes += int64(w.BytesWritten)
		case "pebble-memtable-flush":
			m.FlushedBytes += int64(w.BytesWritten)
		case "pebble-compaction", "pebble-blob-file-rewrite":
			m.CompactedBytes += int64(w.BytesWritten)
		}
	}
	m.Stalls, m.StallTime = s.stalls.sum()
	return m
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
