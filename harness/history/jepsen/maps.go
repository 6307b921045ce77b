package jepsen

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"olympos.io/encoding/edn"
)

// eachMap calls do with every map of a text and the line where it begins. The maps stand one after another, or in one
// vector or list. It stops at the first error. A map is do's only during the call.
func eachMap(text []byte, form Form, do func(line int, m map[string]any) error) error {
	d := newDecoder(form)
	line, closing := 1, byte(0)
	for {
		rest := skipGap(text, form)
		line += bytes.Count(text[:len(text)-len(rest)], newline)
		text = rest
		switch {
		case len(text) == 0 && closing != 0:
			return atLine(line, errors.New("cut off: the vector of operations is not closed"))
		case len(text) == 0:
			return nil
		case closing == 0 && text[0] == '[':
			text, closing = text[1:], ']'
			continue
		case closing == 0 && text[0] == '(' && form == EDN:
			text, closing = text[1:], ')'
			continue
		case closing != 0 && text[0] == closing:
			text, closing = text[1:], 0
			continue
		}
		m, n, err := d.operation(text)
		if err == nil {
			err = do(line, m)
		}
		if err != nil {
			return atLine(line, err)
		}
		line += bytes.Count(text[:n], newline)
		text = text[n:]
	}
}

const exampleOperation = "{:process 0 :type :invoke :f :write :value 1}"

// A decoder decodes values of a form. Most are short: it reads plain numbers, names and strings itself, and leaves the others
// to the form's library.
type decoder struct {
	form   Form
	fields map[string]any    // of the last map
	names  map[string]string // known ones, which need not be allocated again
	unread bytes.Reader
	buffer *bufio.Reader // of unread: the EDN library would allocate one for every value
}

func newDecoder(form Form) *decoder {
	d := &decoder{form: form, fields: map[string]any{}, names: map[string]string{}}
	d.buffer = bufio.NewReader(&d.unread)
	return d
}

// operation returns the fields of the map at the beginning of a text, behind a tag or not, and its length. A key that is a keyword,
// or a string in JSON, is named so; any other by its text.
func (d *decoder) operation(text []byte) (m map[string]any, n int, err error) {
	n = skipForm(text, d.form)
	begin := 0
	if text[0] == '#' { // #jepsen.history.Op{…}
		begin = skipAtom(text[:n])
		begin = n - len(skipGap(text[begin:n], d.form))
	}
	if begin == n || text[begin] != '{' || d.form == JSON && !json.Valid(text[:n]) {
		return nil, n, d.noOperation(text[:n])
	}
	return d.fields, n, d.entries(text[begin+1 : n])
}

// noOperation says what a value is that is no map.
func (d *decoder) noOperation(text []byte) error {
	value, err := d.decode(text)
	if err != nil {
		return notOperation(err)
	}
	return fmt.Errorf("%s is not an operation, which is a map such as %s", show(value), exampleOperation)
}

func notOperation(err error) error { return fmt.Errorf("not an operation: %w", err) }

// entries decodes what is behind a map's opening brace.
func (d *decoder) entries(text []byte) error {
	clear(d.fields)
	for {
		if text = skipGap(text, d.form); len(text) == 0 {
			return notOperation(errCutOff)
		}
		if text[0] == '}' {
			return nil
		}
		raw, rest := d.form.cut(text)
		value, rest := d.form.cut(skipGap(rest, d.form))
		name, err := d.key(raw)
		if err != nil {
			return notOperation(err)
		}
		if _, twice := d.fields[name]; twice { // a library would take one of the values in silence
			return fmt.Errorf("the key %s is there twice", short(string(raw)))
		}
		if len(value) == 0 {
			return notOperation(errCutOff)
		}
		if d.fields[name], err = d.decode(value); err != nil {
			return notOperation(err)
		}
		text = rest
	}
}

// cut splits off the value at the beginning of a text.
func (f Form) cut(text []byte) (value, rest []byte) {
	n := skipForm(text, f)
	return text[:n], text[n:]
}

// key is the name of an entry.
func (d *decoder) key(text []byte) (string, error) {
	k, err := d.decode(text)
	if err != nil {
		return "", err
	}
	switch k := k.(type) {
	case edn.Keyword:
		return string(k), nil
	case string:
		if d.form == JSON {
			return k, nil
		}
	}
	return d.name(text), nil
}

// name is a short text that occurs often.
func (d *decoder) name(text []byte) string {
	known, is := d.names[string(text)]
	if !is {
		known = string(text)
		if len(d.names) < maxNames {
			d.names[known] = known
		}
	}
	return known
}

// maxNames is how many names a decoder remembers: those of the fields, and of the operations' types.
const maxNames = 64

// decode returns the value that a text is.
func (d *decoder) decode(text []byte) (any, error) {
	switch first := text[0]; {
	case len(text) == 3 && d.form != JSON && string(text) == "nil", len(text) == 4 && d.form == JSON && string(text) == "null":
		return nil, nil
	case first == '"' && d.form == JSON && len(text) > 1 && bytes.IndexByte(text, '\\') < 0:
		return d.name(text[1 : len(text)-1]), nil
	case first == ':' && d.form != JSON && plain(text[1:]):
		return edn.Keyword(d.name(text[1:])), nil
	case first == '[':
		return d.vector(text[1:])
	case whole(text):
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return n, nil
		}
		return json.Number(text), nil // more than 64 bits
	}
	read := d.decodeEDN
	if d.form == JSON {
		read = decodeJSON
	}
	value, err := read(text)
	if err == nil && bytes.Contains(text, []byte(`\u`)) && strings.ContainsRune(fmt.Sprint(value), utf8.RuneError) {
		err = fmt.Errorf("%s has half a pair of UTF-16, which is no character", short(string(text)))
	}
	return value, err
}

// vector decodes what is behind a vector's opening bracket.
func (d *decoder) vector(text []byte) (all []any, err error) {
	all = []any{}
	for {
		text = skipGap(text, d.form)
		switch {
		case len(text) == 0:
			return nil, errCutOff
		case len(text) == 1 && text[0] == ']':
			return all, nil
		}
		var raw []byte
		raw, text = d.form.cut(text)
		v, err := d.decode(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
}

// plain reports whether a text is a name of ASCII letters, digits and hyphens that begins with a letter.
func plain(text []byte) bool {
	for i, c := range text {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return len(text) > 0
}

// whole reports whether a text is a whole number other than 0.
func whole(text []byte) bool {
	digits := bytes.TrimPrefix(text, []byte("-"))
	return len(digits) > 0 && digits[0] != '0' && len(bytes.Trim(digits, "0123456789")) == 0
}

func decodeJSON(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	return value, cutOff(err)
}

func (d *decoder) decodeEDN(text []byte) (value any, err error) {
	d.unread.Reset(text)
	d.buffer.Reset(&d.unread)
	err = edn.NewDecoder(d.buffer).Decode(&value)
	left := d.unread.Len() + d.buffer.Buffered()
	switch {
	case err != nil && left == 0 && (opens(text[0]) || text[0] == '"' || text[0] == '#'):
		return nil, errCutOff // the library's own errors for it are not to be told from others
	case err != nil:
		return nil, fmt.Errorf("%s: %s", short(string(text)), shorten(err.Error(), 2*shown))
	case left > 0:
		return nil, fmt.Errorf("%s is not one value", short(string(text)))
	}
	return value, nil
}

var errCutOff = errors.New("cut off: the text ends within it")

// cutOff explains an end of the text where there should be more.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutOff
	}
	return err
}
