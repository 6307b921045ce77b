package jepsen

import (
	"bytes"
	"fmt"
)

// maxDepth is how deep values may lie in one another. Readers recurse, and tags in tags take them time that grows with the
// square of their number.
const maxDepth = 100

// checkDepth says where a text nests values too deep, if anywhere.
func checkDepth(text []byte, form Form) error {
	depth, tags, line := 0, 0, 1
	for i := 0; i < len(text); {
		n := 1
		switch c := text[i]; {
		case c == '\n':
			line++
		case isGap(c):
		case c == '"':
			n, tags = skipString(text[i:]), 0
			line += bytes.Count(text[i:i+n], newline)
		case form == EDN && c == ';':
			n = skipComment(text[i:])
		case form == EDN && bytes.HasPrefix(text[i:], discarded):
			n, tags = len(discarded), tags+1
		case form == EDN && c == '#' && !bytes.HasPrefix(text[i:], set):
			n, tags = skipAtom(text[i:]), tags+1
		case opens(c):
			depth, tags = depth+1, 0
		case closes(c):
			depth, tags = max(0, depth-1), 0
		default:
			n, tags = skipForm(text[i:], form), 0
		}
		if i += n; depth+tags > maxDepth {
			return atLine(line, fmt.Errorf("values lie in one another more than %d deep: that is no history of registers", maxDepth))
		}
	}
	return nil
}

// How a set, and what is to be ignored, begin in EDN.
var set, discarded = []byte("#{"), []byte("#_")

// isGap reports whether a byte is white space, or a comma.
func isGap(c byte) bool {
	return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n' || c == '\f'
}

func opens(c byte) bool  { return c == '(' || c == '[' || c == '{' }
func closes(c byte) bool { return c == ')' || c == ']' || c == '}' }

// skipString is the length of the string at the beginning of a text, or of all if it does not end.
func skipString(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// skipComment is the length of the comment at the beginning, without the end of its line.
func skipComment(text []byte) int {
	if n := bytes.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

// skipGap drops what is between two values: white space, commas, comments, what is to be ignored and, in JSON, colons.
func skipGap(text []byte, form Form) []byte {
	for {
		switch {
		case len(text) == 0:
			return text
		case isGap(text[0]), form == JSON && text[0] == ':':
			text = text[1:]
		case form == EDN && text[0] == ';':
			text = text[skipComment(text):]
		case form == EDN && bytes.HasPrefix(text, discarded):
			text = skipGap(text[len(discarded):], form)
			text = text[skipForm(text, form):]
		default:
			return text
		}
	}
}

// skipForm is the length of the value at the beginning of a text.
func skipForm(text []byte, form Form) int {
	switch {
	case len(text) == 0:
		return 0
	case text[0] == '"':
		return skipString(text)
	case form == EDN && text[0] == '\\':
		after := min(2, len(text))
		return after + skipAtom(text[after:])
	case opens(text[0]), form == EDN && bytes.HasPrefix(text, set):
		return skipNested(text, form)
	case form == EDN && text[0] == '#': // a tag, and what it is of
		n := skipAtom(text)
		left := skipGap(text[n:], form)
		return len(text) - len(left) + skipForm(left, form)
	}
	return max(1, skipAtom(text))
}

// delimits says which bytes end a number or name.
var delimits = [256]bool{
	' ': true, '\t': true, '\r': true, '\n': true, '\f': true, ',': true, '"': true, ';': true,
	'(': true, ')': true, '[': true, ']': true, '{': true, '}': true,
}

// skipAtom is the length of what runs to the next delimiter.
func skipAtom(text []byte) int {
	for i, c := range text {
		if delimits[c] {
			return i
		}
	}
	return len(text)
}

// skipNested is the length of a vector, list, set or map.
func skipNested(text []byte, form Form) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			i += skipString(text[i:]) - 1
		case form == EDN && c == ';':
			i += skipComment(text[i:])
		case form == EDN && c == '\\':
			i++
		case opens(c):
			depth++
		case closes(c):
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}
