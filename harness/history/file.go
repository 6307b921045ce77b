package history

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"github.com/powbench/powbench/protocols"
)

const (
	format        = "powbench-history"
	formatVersion = 1
	corruptText   = "corrupt"
	maxLineBytes  = 64 << 10 // of a line: far above that of a key of the largest size, all escaped
)

// header is the first line of a file.
type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Unit    string `json:"unit"`
}

// line is the JSON form of an Entry.
type line struct {
	Client  uint64  `json:"client"`
	Seq     uint64  `json:"seq"`
	Key     string  `json:"key"`
	Op      string  `json:"op"`
	Start   int64   `json:"start"`
	End     int64   `json:"end,omitempty"`
	TS      string  `json:"ts,omitempty"`
	Value   string  `json:"value,omitempty"`
	Bottom  bool    `json:"bottom,omitempty"`
	Outcome Outcome `json:"outcome,omitempty"`
}

// WriteFile writes a history to a file, whole or not at all. Impossible entries are refused, and keys that are not UTF-8.
//
// The form is gzip-compressed JSON lines. The first line is a header:
//
//	{"format":"powbench-history","version":1,"unit":"ns"}
//
// Every other line is an operation:
//
//	{"client":3,"seq":17,"key":"key-000004","op":"read","start":51200,"end":98100,"ts":"12.3","value":"2.9"}
//
// Start and end are ns of a monotonic clock that all clients share. A timestamp is number.process, a value is
// client.seq of the write that made it: strings, because they may exceed 2^53. A read of ⊥ has "bottom":true instead
// of a value, and a read of bytes that were never written has the value "corrupt". A pending operation has
// "outcome":"pending" and no end.
func WriteFile(path string, entries []Entry) error {
	w, err := NewWriter(path)
	if err != nil {
		return err
	}
	return errors.Join(w.Write(entries), w.Close())
}

// A Writer writes a history's file part by part; see WriteFile. What it writes appears when it is closed, and only if nothing
// failed.
type Writer struct {
	path string
	file *os.File
	text *encoder
	err  error // the first; nothing more is written then
}

// NewWriter begins a file.
func NewWriter(path string) (*Writer, error) {
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, file: f}
	w.text, w.err = newEncoder(f)
	return w, nil
}

// Write adds the entries.
func (w *Writer) Write(entries []Entry) error {
	if w.err == nil {
		w.err = w.text.write(entries)
	}
	if w.err != nil {
		return fmt.Errorf("write %s: %w", w.path, w.err)
	}
	return nil
}

// Close makes the file appear, or removes what was written if something had failed; Write has said what.
func (w *Writer) Close() error {
	err := errors.Join(w.text.close(), w.file.Close())
	if w.err == nil && err == nil {
		return os.Rename(w.file.Name(), w.path)
	}
	_ = os.Remove(w.file.Name())
	if err != nil {
		return fmt.Errorf("write %s: %w", w.path, err)
	}
	return nil
}

// An encoder makes the text of a file.
type encoder struct {
	text  *gzip.Writer
	lines *json.Encoder
}

func newEncoder(w io.Writer) (*encoder, error) {
	e := &encoder{text: gzip.NewWriter(w)}
	e.lines = json.NewEncoder(e.text)
	e.lines.SetEscapeHTML(false)
	return e, e.lines.Encode(header{Format: format, Version: formatVersion, Unit: "ns"})
}

func (e *encoder) write(entries []Entry) error {
	for i := range entries {
		entry := &entries[i]
		if err := entry.validate(); err != nil {
			return fmt.Errorf("%s: %w", entry.name(), err)
		}
		if !utf8.ValidString(string(entry.Key)) {
			return fmt.Errorf("%s: key %q is not UTF-8 text, which a history's file needs", entry.name(), entry.Key)
		}
		if err := e.lines.Encode(entry.line()); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) close() error { return e.text.Close() }

// Forms are the entries as lines of a file have them, for an encoder of JSON.
func Forms(entries []Entry) []any {
	all := make([]any, len(entries))
	for i := range entries {
		all[i] = entries[i].line()
	}
	return all
}

func (e *Entry) line() line {
	l := line{Client: e.Client, Seq: e.Seq, Key: string(e.Key), Op: string(e.Op), Start: e.Start, Bottom: e.Bottom}
	if e.Outcome == Pending {
		l.Outcome = Pending
	} else {
		l.End, l.TS = e.End, e.Timestamp.String()
	}
	switch {
	case e.Value == Corrupt:
		l.Value = corruptText
	case e.Op == protocols.Write || e.Outcome == OK && !e.Bottom:
		l.Value = e.Value.String()
	}
	return l
}

// Read returns the history in a file that WriteFile wrote. An error names the file and the line of the uncompressed text.
func Read(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s:1: not a history, which is gzip-compressed: %w", path, err)
	}
	return Parse(text, path)
}

// Parse is Read of the uncompressed text of a file with that name.
func Parse(text io.Reader, name string) (entries []Entry, err error) {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, maxLineBytes)
	n := 1
	for ; lines.Scan(); n++ {
		var e Entry
		if n == 1 {
			err = checkHeader(lines.Bytes())
		} else if e, err = parse(lines.Bytes()); err == nil {
			entries = append(entries, e)
		}
		if err != nil {
			break
		}
	}
	if n == 1 && err == nil && lines.Err() == nil {
		err = errors.New("empty: the header is missing")
	}
	if err = cmp.Or(readError(lines), err); err != nil { // the last line of a file that is cut off is broken, too
		return nil, fmt.Errorf("%s:%d: %w", name, n, err)
	}
	return entries, nil
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
