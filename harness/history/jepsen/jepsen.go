// Package jepsen reads histories of registers that others recorded: Jepsen's, in EDN or JSON. It keeps the EDN library out
// of package history, which it imports; only commands import it.
package jepsen

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"olympos.io/encoding/edn"

	"github.com/powbench/powbench/harness/history"
)

// A Form is the form of a history's file.
type Form string

// The forms. Each may be gzip-compressed.
const (
	Own  Form = "powbench"
	EDN  Form = "Jepsen EDN"
	JSON Form = "Jepsen JSON"
)

// detectBytes is how far into a file its form must have shown itself.
const detectBytes = 4096

// Load returns the whole history in a file of any form, which it tells by the content. An error names file and line.
//
// A Jepsen history is one of reads and writes of registers: maps, one after another or in one vector, each the
// invocation of an operation or its end. Its operations have no timestamps. Its times are :time, in ns, where all of
// them have one, and otherwise their places in the file. An operation that ended as :fail did not happen.
func Load(path string) ([]history.Entry, Form, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	text, err := uncompressed(f)
	if err != nil {
		return nil, "", fmt.Errorf("%s:1: %w", path, err)
	}
	start, _ := text.Peek(detectBytes) // an error comes again when it is read
	form := formOf(start)
	if form == Own {
		entries, err := history.Parse(text, path)
		return entries, form, err
	}
	entries, err := read(text, form)
	if err != nil {
		return nil, form, fmt.Errorf("%s:%w", path, err)
	}
	return entries, form, nil
}

// atLine says where in a file an error is.
func atLine(n int, err error) error { return fmt.Errorf("%d: %w", n, err) }

// uncompressed returns the text that r holds, whether it is gzip-compressed or not.
func uncompressed(r io.Reader) (*bufio.Reader, error) {
	raw := bufio.NewReader(r)
	if magic, _ := raw.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return bufio.NewReaderSize(raw, detectBytes), nil
	}
	gz, err := gzip.NewReader(raw)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return bufio.NewReaderSize(gz, detectBytes), nil
}

// formOf tells the form by the first key of the first map: in JSON it is a string, in EDN a keyword.
func formOf(start []byte) Form {
	key := bytes.TrimLeft(start, " \t\r\n[{")
	switch {
	case bytes.HasPrefix(key, []byte(`"format"`)):
		return Own
	case bytes.HasPrefix(key, []byte(`"`)):
		return JSON
	}
	return EDN
}

// read returns the operations of a Jepsen history.
func read(r io.Reader, form Form) ([]history.Entry, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, atLine(1, err)
	}
	decode := decodeEDN
	if form == JSON {
		decode = decodeJSON
	}
	var events []*event
	if err := eachMap(text, decode, func(line int, m map[string]any) error {
		e, err := parseEvent(m)
		if e != nil {
			e.line = line
			events = append(events, e)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, atLine(1, errors.New("no operations: want maps such as "+exampleOperation))
	}
	arrange(events)
	return pair(events)
}

// A decoder returns the value at the beginning of a text, and its length in bytes. Of a map, the keys that are
// keywords in EDN are strings.
type decoder func(text []byte) (value any, n int, err error)

// eachMap calls do with every map of a text and the line where it begins. The maps stand one after another, or in one
// vector. It stops at the first error.
func eachMap(text []byte, decode decoder, do func(line int, m map[string]any) error) error {
	line, vector := 1, false
	for {
		rest := skipSpace(text)
		line += bytes.Count(text[:len(text)-len(rest)], []byte("\n"))
		text = rest
		switch {
		case len(text) == 0 && vector:
			return atLine(line, errors.New("cut off: the vector of operations is not closed"))
		case len(text) == 0:
			return nil
		case text[0] == '[' && !vector, text[0] == ']' && vector:
			text, vector = text[1:], !vector
			continue
		}
		value, n, err := decode(text)
		if err != nil {
			return atLine(line, fmt.Errorf("not an operation: %w", err))
		}
		m, isMap := value.(map[string]any)
		if !isMap {
			return atLine(line, fmt.Errorf("%v is not an operation, which is a map such as %s", value, exampleOperation))
		}
		if err := do(line, m); err != nil {
			return atLine(line, err)
		}
		line += bytes.Count(text[:n], []byte("\n"))
		text = text[n:]
	}
}

const exampleOperation = "{:process 0 :type :invoke :f :write :value 1}"

// skipSpace drops white space, commas, and comments to the end of their line.
func skipSpace(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, " \t\r\n\f,")
		if len(text) == 0 || text[0] != ';' {
			return text
		}
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
}

func decodeJSON(text []byte) (value any, n int, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	return value, int(d.InputOffset()), cutOff(err)
}

func decodeEDN(text []byte) (value any, n int, err error) {
	unread := bytes.NewReader(text)
	buffer := bufio.NewReader(unread)
	err = edn.NewDecoder(buffer).Decode(&value)
	if tagged, is := value.(edn.Tag); is { // #jepsen.history.Op{…}
		value = tagged.Value
	}
	if m, is := value.(map[any]any); is {
		value = keywords(m)
	}
	left := unread.Len() + buffer.Buffered()
	if err != nil && left == 0 {
		err = io.ErrUnexpectedEOF // the library's own errors for it are not to be told from others
	}
	return value, len(text) - left, cutOff(err)
}

// keywords are the entries of a map whose keys are keywords.
func keywords(m map[any]any) map[string]any {
	named := make(map[string]any, len(m))
	for k, v := range m {
		if name, is := k.(edn.Keyword); is {
			named[string(name)] = v
		}
	}
	return named
}

// cutOff explains an end of the text where there should be more.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut off: the text ends within it")
	}
	return err
}
