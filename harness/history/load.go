package history

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
)

// A Form is the form of a history's file.
type Form string

// The forms. Each may be gzip-compressed.
const (
	Own        Form = "powbench"
	JepsenEDN  Form = "Jepsen EDN"
	JepsenJSON Form = "Jepsen JSON"
)

// detectBytes is how far into a file its form must have shown itself.
const detectBytes = 4096

// Load returns the whole history in a file of any form, which it tells by the content. An error names file and line.
//
// A Jepsen history is one of reads and writes of registers: maps, one after another or in one vector, each the
// invocation of an operation or its end. Its operations have no timestamps. Its times are :time, in ns, where all of
// them have one, and otherwise their places in the file. An operation that ended as :fail did not happen.
func Load(path string) ([]Entry, Form, error) {
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
	var entries []Entry
	if form == Own {
		entries, err = readOwn(text)
	} else {
		entries, err = readJepsen(text, form)
	}
	if err != nil {
		return nil, form, fmt.Errorf("%s:%w", path, err)
	}
	return entries, form, nil
}

func readOwn(text io.Reader) (entries []Entry, err error) {
	n, err := scanLines(text, func(e Entry, _ error) bool {
		entries = append(entries, e)
		return true
	})
	return entries, atLine(n, err)
}

// atLine says where in a file an error is; nil stays nil.
func atLine(n int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%d: %w", n, err)
}

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
		return JepsenJSON
	}
	return JepsenEDN
}
