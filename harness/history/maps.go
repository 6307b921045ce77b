package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"olympos.io/encoding/edn"
)

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
