package history

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/powbench/powbench/protocols"
)

// maxLineBytes bounds a line: far above that of a key of the largest size, all escaped.
const maxLineBytes = 64 << 10

// Read returns the whole history in a file.
func Read(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entries []Entry
	for e, err := range Entries(f, path) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Entries yields the history that r holds, entry by entry, and ends after the first error. An error names the place as
// name:line, lines being those of the uncompressed text.
func Entries(r io.Reader, name string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if n, err := scan(r, yield); err != nil {
			yield(Entry{}, fmt.Errorf("%s:%d: %w", name, n, err))
		}
	}
}

// scan yields the entries that r holds. It returns the number of the line where it failed.
func scan(r io.Reader, yield func(Entry, error) bool) (n int, err error) {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return 1, fmt.Errorf("not a history, which is gzip-compressed: %w", err)
	}
	return scanLines(gz, yield)
}

// scanLines is scan of the uncompressed text.
func scanLines(text io.Reader, yield func(Entry, error) bool) (n int, err error) {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, maxLineBytes)
	for n = 1; lines.Scan(); n++ {
		var e Entry
		if n == 1 {
			err = checkHeader(lines.Bytes())
		} else {
			e, err = parse(lines.Bytes())
		}
		if err != nil {
			return n, cmp.Or(readError(lines), err) // the last line of a file that is cut off is one
		}
		if n > 1 && !yield(e, nil) {
			return n, nil
		}
	}
	if n == 1 && lines.Err() == nil {
		return n, errors.New("empty: the header is missing")
	}
	return n, readError(lines)
}

// readError says why the lines ended early, if they did.
func readError(lines *bufio.Scanner) error {
	if err := lines.Err(); errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("cut off: its writer did not finish: %w", err)
	}
	return lines.Err()
}

func checkHeader(data []byte) error {
	var h header
	if err := json.Unmarshal(data, &h); err != nil || h.Format != format {
		return fmt.Errorf("not a history: the first line must have \"format\":%q", format)
	}
	if h.Version != formatVersion {
		return fmt.Errorf("history of version %d, this powbench reads version %d: use the powbench that wrote it",
			h.Version, formatVersion)
	}
	return nil
}

// parse decodes one line. It is strict: a misspelt field would otherwise silently weaken the check.
func parse(data []byte) (Entry, error) {
	var l line
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return Entry{}, fmt.Errorf("not an operation: %w", err)
	}
	if d.InputOffset() != int64(len(data)) {
		return Entry{}, errors.New("something follows the operation")
	}
	e := Entry{
		Client: l.Client, Seq: l.Seq, Key: protocols.Key(l.Key), Op: protocols.Op(l.Op),
		Start: l.Start, End: l.End, Bottom: l.Bottom, Outcome: l.Outcome,
	}
	if e.Outcome == "" {
		e.Outcome = OK
	}
	if e.Outcome == Pending && l.End == 0 {
		e.End = Forever
	}
	if err := e.parseTexts(l); err != nil {
		return Entry{}, err
	}
	return e, e.validate()
}

// parseTexts sets the timestamp and the value from their texts.
func (e *Entry) parseTexts(l line) (err error) {
	if l.TS != "" {
		if e.Timestamp.Num, e.Timestamp.PID, err = parsePair(l.TS); err != nil {
			return fmt.Errorf("ts: %w, want number.process", err)
		}
	}
	switch {
	case l.Value == corruptText:
		e.Value = Corrupt
	case l.Value != "":
		if e.Value.Client, e.Value.Seq, err = parsePair(l.Value); err != nil {
			return fmt.Errorf("value: %w, want client.seq", err)
		}
	case e.Op == protocols.Write || e.Outcome == OK && !e.Bottom:
		return errors.New("the value is missing")
	}
	return nil
}

// parsePair parses two decimal numbers with a dot between them.
func parsePair(s string) (a, b uint64, err error) {
	left, right, _ := strings.Cut(s, ".")
	a, errA := strconv.ParseUint(left, 10, 64)
	b, errB := strconv.ParseUint(right, 10, 64)
	if errA != nil || errB != nil {
		return 0, 0, fmt.Errorf("%q is not two numbers", s)
	}
	return a, b, nil
}
