package history

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"os"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// What a Spool keeps in memory, in entries, which take about 150 bytes each.
const (
	spoolHeld = 1 << 18 // before it writes what it has to its file
	spoolPart = 1 << 16 // of the parts that it makes, if no key has more
)

// spoolBuckets is how many parts a long history has at least.
const spoolBuckets = 64

// A Spool holds a history of any length in little memory: a long one in a file, divided by keys, so that it can be judged key by key.
// A history of few keys has few parts: all operations of a key are in one.
type Spool struct {
	dir     string
	seed    maphash.Seed
	buckets [spoolBuckets]spoolBucket
	held    int // entries in memory
	len     int64
	file    *os.File // without a name; nil until it is needed
	end     int64    // of the file
	err     error
}

// A spoolBucket has the operations of some of the keys.
type spoolBucket struct {
	held   []Entry
	chunks []chunk
}

// A chunk is so many bytes of the file.
type chunk struct{ at, bytes int64 }

// NewSpool returns an empty spool. Its file, should it need one, is in dir, or where temporary files are if that is empty, and goes
// with the process.
func NewSpool(dir string) *Spool { return &Spool{dir: dir, seed: maphash.MakeSeed()} }

// Len is the number of entries.
func (s *Spool) Len() int64 { return s.len }

// Err is the first error of the spool's file.
func (s *Spool) Err() error { return s.err }

// Add adds the entries.
func (s *Spool) Add(entries []Entry) error {
	for _, e := range entries {
		b := &s.buckets[maphash.String(s.seed, string(e.Key))%spoolBuckets]
		b.held = append(b.held, e)
	}
	s.held += len(entries)
	s.len += int64(len(entries))
	if s.held >= spoolHeld && s.err == nil {
		s.err = s.spill()
	}
	return s.err
}

// spill writes what is in memory to the file.
func (s *Spool) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "history-*.spool")
		if err != nil {
			return fmt.Errorf("a history of over %d operations goes to a file: %w", spoolHeld, err)
		}
		s.file = f
		if err := os.Remove(f.Name()); err != nil { // so that nobody has to, whatever becomes of the process
			return err
		}
	}
	for i := range s.buckets {
		if err := s.buckets[i].spill(s); err != nil {
			return fmt.Errorf("write a part of the history: %w", err)
		}
	}
	s.held = 0
	return nil
}

func (b *spoolBucket) spill(s *Spool) error {
	if len(b.held) == 0 {
		return nil
	}
	to := io.NewOffsetWriter(s.file, s.end)
	buffered := bufio.NewWriter(to)
	if err := errors.Join(gob.NewEncoder(buffered).Encode(b.held), buffered.Flush()); err != nil {
		return err
	}
	length, err := to.Seek(0, io.SeekCurrent)
	b.chunks = append(b.chunks, chunk{s.end, length})
	s.end += length
	b.held = b.held[:0]
	return err
}

// Parts are the history's entries, those of a key all in one part. The slice is the caller's until the next. After an error, which Err
// has, there are no more.
func (s *Spool) Parts() iter.Seq[[]Entry] {
	return func(yield func([]Entry) bool) {
		var part []Entry
		for i := range s.buckets {
			if part = s.load(part, &s.buckets[i]); s.err != nil {
				return
			}
			if len(part) >= spoolPart {
				if !yield(part) {
					return
				}
				part = part[:0]
			}
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

// load appends the bucket's entries to the part. Their keys share memory.
func (s *Spool) load(part []Entry, b *spoolBucket) []Entry {
	keys := map[protocols.Key]protocols.Key{}
	for _, c := range b.chunks {
		var entries []Entry
		if err := gob.NewDecoder(io.NewSectionReader(s.file, c.at, c.bytes)).Decode(&entries); err != nil {
			s.err = fmt.Errorf("read a part of the history: %w", err)
			return nil
		}
		for _, e := range entries {
			key, known := keys[e.Key]
			if !known {
				key = e.Key
				keys[key] = key
			}
			e.Key = key
			part = append(part, e)
		}
	}
	return append(part, b.held...)
}

// Close removes the file.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// CheckParts is CheckAs of a history in parts, each with all operations of its keys. A violation of one part is a violation, whatever
// could not be checked elsewhere.
func CheckParts(parts iter.Seq[[]Entry], promise protocols.Consistency) result.Verdict {
	var all result.Verdict
	graver := map[result.VerdictCode]int{result.Linearizable: 1, result.Unknown: 2, result.Violation: 3}
	for part := range parts {
		v := CheckAs(part, promise).Verdict
		n := all.Operations + v.Operations
		if graver[v.Code] > graver[all.Code] || v.Code == all.Code && all.Detail == "" {
			all = v
		}
		all.Operations = n
	}
	if all.Operations == 0 {
		return CheckAs(nil, promise).Verdict
	}
	return all
}
