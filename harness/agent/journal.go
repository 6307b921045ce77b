package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
)

// A journal is a file that outlives an agent which is killed. A nil journal records nothing.
type journal struct{ file *os.File }

// journalLine is one line of the file, in JSON: an operation that has begun, before its first message leaves, and once
// more when it has ended; or the timestamp that a single writer is about to issue.
type journalLine struct {
	Operation *history.Entry   `json:",omitempty"`
	Issued    *issuedTimestamp `json:",omitempty"`
}

type issuedTimestamp struct {
	Key protocols.Key
	Num uint64
}

// journalled is the content of a journal.
type journalled struct {
	operations []history.Entry
	issued     protocols.Remembered
	size       int64 // in bytes, without a last line that was cut off
}

// openJournal opens the journal to continue it, and returns what it holds. A last line that was cut off is dropped.
func openJournal(path string) (*journal, journalled, error) {
	held, err := readJournal(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, held, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, held, err
	}
	if err := file.Truncate(held.size); err != nil {
		return nil, held, errors.Join(err, file.Close())
	}
	return &journal{file}, held, nil
}

// record appends a line. What has been written outlives the process, though not the machine. It is safe for concurrent
// use.
func (j *journal) record(l journalLine) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}

// ReadJournal returns the operations in an agent's journal, in the order in which they began. Those that were not seen
// to end are pending. A last line that was cut off, as by SIGKILL, is dropped.
func ReadJournal(path string) ([]history.Entry, error) {
	held, err := readJournal(path)
	return held.operations, err
}

func readJournal(path string) (held journalled, err error) {
	held.issued = protocols.Remembered{}
	data, err := os.ReadFile(path)
	if err != nil {
		return held, err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	type name struct{ client, seq uint64 }
	begun := make(map[name]int)
	number := 0
	for text := range bytes.Lines(data) {
		number++
		var l journalLine
		if err := json.Unmarshal(text, &l); err != nil {
			return held, fmt.Errorf("%s:%d: not a journal's line: %w", path, number, err)
		}
		switch e := l.Operation; {
		case l.Issued != nil:
			held.issued[l.Issued.Key] = max(held.issued[l.Issued.Key], l.Issued.Num)
		case e == nil:
			return held, fmt.Errorf("%s:%d: not a journal's line: it has no operation", path, number)
		default:
			operation := name{e.Client, e.Seq}
			if i, found := begun[operation]; found {
				held.operations[i] = *e
				continue
			}
			begun[operation] = len(held.operations)
			held.operations = append(held.operations, *e)
		}
	}
	held.size = int64(len(data))
	return held, nil
}

// issued holds the timestamps that an agent's clients issued, if each key has one writer. It outlives their incarnations
// and, with a journal, the agent.
type issued struct {
	mu      sync.Mutex
	last    protocols.Remembered
	journal *journal
}

// Last implements protocols.Issued.
func (i *issued) Last(key protocols.Key) (uint64, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.last.Last(key)
}

// Keep implements protocols.Issued.
func (i *issued) Keep(key protocols.Key, num uint64) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return errors.Join(i.journal.record(journalLine{Issued: &issuedTimestamp{key, num}}), i.last.Keep(key, num))
}
