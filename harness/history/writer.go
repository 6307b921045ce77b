package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"github.com/powbench/powbench/protocols"
)

const (
	format        = "powbench-history"
	formatVersion = 1
	corruptText   = "corrupt"
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

// A Writer writes a history, entry by entry.
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
// of a value, and a read of bytes that nobody wrote has the value "corrupt". A pending operation has
// "outcome":"pending" and no end.
type Writer struct {
	gz   *gzip.Writer
	json *json.Encoder
}

// NewWriter returns a Writer to w, to which it has written the header. Close it.
func NewWriter(w io.Writer) (*Writer, error) {
	gz := gzip.NewWriter(w)
	out := &Writer{gz: gz, json: json.NewEncoder(gz)}
	out.json.SetEscapeHTML(false)
	return out, out.json.Encode(header{Format: format, Version: formatVersion, Unit: "ns"})
}

// Write appends an entry. Impossible entries are refused, and keys that are not UTF-8.
func (w *Writer) Write(e Entry) error {
	if err := e.validate(); err != nil {
		return fmt.Errorf("%s: %w", e.name(), err)
	}
	if !utf8.ValidString(string(e.Key)) {
		return fmt.Errorf("%s: key %q is not UTF-8 text, which a history's file needs", e.name(), e.Key)
	}
	return w.json.Encode(e.line())
}

// Close ends the history. It does not close the underlying writer.
func (w *Writer) Close() error { return w.gz.Close() }

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

// WriteFile writes a history to a file, whole or not at all.
func WriteFile(path string, entries []Entry) error {
	tmp := path + ".tmp"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	if err := errors.Join(writeAll(f, entries), f.Close()); err != nil {
		_ = os.Remove(tmp)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(tmp, path)
}

func writeAll(f io.Writer, entries []Entry) error {
	w, err := NewWriter(f)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.Write(e); err != nil {
			return err
		}
	}
	return w.Close()
}
