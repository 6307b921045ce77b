package jepsen

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
)

// A Form is the form of a history's file.
type Form string

// The forms. Each may be gzip-compressed.
const (
	Own   Form = "powbench"
	EDN   Form = "Jepsen EDN"
	JSON  Form = "Jepsen JSON"
	Lines Form = "Jepsen text" // a line for each event: history.txt, or the log of a run
)

// detectBytes is how far into a file its form must have shown itself.
const detectBytes = 4096

// foreign are encodings and compressions that are not read, by how a file of one begins, and what makes one that is.
var foreign = []struct{ magic, name, convert string }{
	{"\xff\xfe", "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"},
	{"\x28\xb5\x2f\xfd", "compressed by zstd", "decompress it first: zstd -d"},
	{"\xfd7zXZ", "compressed by xz", "decompress it first: xz -d"},
	{"BZh", "compressed by bzip2", "decompress it first: bzip2 -d"},
	{"\x04\x22\x4d\x18", "compressed by lz4", "decompress it first: lz4 -d"},
	{"PK\x03\x04", "a zip archive", "take the history out of it first: unzip"},
}

// mark is a byte-order mark in UTF-8, which says nothing.
var mark = []byte("\ufeff")

// open returns the text that r holds, whether it is gzip-compressed or not, without a byte-order mark.
func open(r io.Reader) (*bufio.Reader, error) {
	raw := bufio.NewReader(r)
	text := bufio.NewReaderSize(raw, detectBytes)
	if magic, _ := raw.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		gz, err := gzip.NewReader(raw)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		text = bufio.NewReaderSize(gz, detectBytes)
	}
	start, _ := text.Peek(8) // an error comes again when it is read
	for _, f := range foreign {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			return nil, fmt.Errorf("it is %s: %s", f.name, f.convert)
		}
	}
	if bytes.HasPrefix(start, mark) {
		_, _ = text.Discard(len(mark)) // cannot fail after Peek
	}
	if start, _ = text.Peek(detectBytes); bytes.IndexByte(start, 0) >= 0 {
		return nil, errors.New("it is no text, or in an encoding other than UTF-8: convert it, for example by iconv -f UTF-16LE -t UTF-8")
	}
	return text, nil
}

// all is the rest of the text, which must be UTF-8: other bytes would be replaced, and different values become alike.
func all(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(r)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, atLine(1+bytes.Count(text, newline), errors.New("the compressed file ends early: its writer, or a copy of it, did "+
			"not finish"))
	case err != nil:
		return nil, atLine(1+bytes.Count(text, newline), err)
	case utf8.Valid(text):
		return text, nil
	}
	for line, rest := 1, text; ; line++ {
		var this []byte
		if this, rest, _ = bytes.Cut(rest, newline); !utf8.Valid(this) {
			return nil, atLine(line, errors.New("it is not UTF-8: convert it, for example by iconv -f LATIN1 -t UTF-8"))
		}
	}
}

var newline = []byte("\n")

// formOf tells the form by the first line, an event in the first lines, or the first key of the first map: in JSON it is a string, in EDN a keyword.
func formOf(start []byte) Form {
	first, _, _ := bytes.Cut(bytes.TrimLeft(start, " \t\r\n"), newline)
	var header struct{ Format string }
	if json.Unmarshal(first, &header) == nil && header.Format != "" {
		return Own
	}
	for line := range bytes.Lines(start) {
		if !bytes.ContainsAny(first[:min(1, len(first))], "{[(#;") && eventLine.Match(bytes.TrimSpace(line)) {
			return Lines
		}
	}
	if key := bytes.TrimLeft(start, " \t\r\n[{"); bytes.HasPrefix(key, []byte(`"`)) {
		return JSON
	}
	return EDN
}

// shown is how many characters of a value are shown.
const shown = 60

// short is a text as messages show it: not too long, and without control characters, which a terminal would obey.
func short(text string) string { return shorten(text, shown) }

func shorten(text string, shown int) string {
	rest := ""
	if n := utf8.RuneCountInString(text); n > shown {
		runes := []rune(text[:min(len(text), shown*utf8.UTFMax)])
		text, rest = string(runes[:shown]), fmt.Sprintf("… (%d characters)", n)
	}
	clean := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, text)
	return clean + rest
}
