package jepsen

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"olympos.io/encoding/edn"
)

// eventLine is an event's line, behind what a log puts before it: process, type, f and value.
var eventLine = regexp.MustCompile(
	`^(?:.*\bjepsen\.util(?::|\s+-)\s+)?(\d+|:?[A-Za-z][\w.-]*)\s+:(invoke|ok|fail|info)\s+:([^\s:]+)\s*(.*)$`)

// What a log has in the lines of its events, and a kind of event, which its other lines do not have.
var (
	logged  = []byte("jepsen.util")
	anyKind = regexp.MustCompile(`\s:(invoke|ok|fail|info)\s`)
)

// eachLine calls do with every event of a history of lines, as the map that it would be in EDN: history.txt of Jepsen, with
// tabs between process, type, f and value, or a log that has so behind "jepsen.util - ". A log has other lines besides.
// The values of processes to be ignored may be anything, and are not read.
func eachLine(text []byte, ignored func(process any) bool, do func(line int, m map[string]any) error) error {
	d := newDecoder(Lines)
	isLog := bytes.Contains(text, logged)
	n := 0
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimSpace(line)
		found := eventLine.FindSubmatch(line)
		switch {
		case found == nil && (len(line) == 0 || isLog && !(bytes.Contains(line, logged) && anyKind.Match(line))):
			continue
		case found == nil:
			return atLine(n, fmt.Errorf("%s is not an event, which is a process, :type, :f and value with tabs between them", short(string(line))))
		}
		m := map[string]any{
			"process": processOf(string(found[1])), "type": edn.Keyword(found[2]), "f": edn.Keyword(found[3]),
		}
		if !ignored(m["process"]) {
			value, err := d.lineValue(string(found[2]), found[4])
			if err != nil {
				return atLine(n, fmt.Errorf("value: %w", err))
			}
			m["value"] = value
		}
		if err := do(n, m); err != nil {
			return atLine(n, err)
		}
	}
	return nil
}

// lineValue is the value at the end of a line. What failed or was lost may say why, behind the value or in its place; then it
// has none.
func (d *decoder) lineValue(kind string, text []byte) (any, error) {
	raw, reason := EDN.cut(text)
	if len(raw) == 0 {
		return nil, nil
	}
	if err := checkDepth(raw, EDN); err != nil {
		return nil, err
	}
	value, err := d.decode(raw)
	if kind == kindFail || kind == kindInfo {
		if _, only := value.(edn.Keyword); only || len(reason) > 0 {
			return nil, nil
		}
	}
	return value, err
}

// processOf is a process's number, or its name.
func processOf(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return edn.Keyword(strings.TrimPrefix(text, ":"))
}
