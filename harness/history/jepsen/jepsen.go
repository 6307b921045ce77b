// Package jepsen reads histories of registers that others recorded: Jepsen's, in EDN, JSON or text. It keeps the EDN library out
// of package history, which it imports; only commands import it.
package jepsen

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/powbench/powbench/harness/history"
)

// Options say how to take a history that does not say so itself.
type Options struct {
	// Initial is the value that registers hold before their first write, as the history writes it; empty for nil.
	Initial string
	// Ignore are the names of processes that are no clients, beside the nemesis.
	Ignore []string
}

// A History is what a file holds.
type History struct {
	Entries []history.Entry
	Form    Form
	// Order is what says which operations come before others, where times say it otherwise, or in part.
	Order string
	// LeftOut counts the events that no client did, by process.
	LeftOut map[string]int
	// Initial is the value that registers hold before their first write, as a text; empty for nil.
	Initial string
	// Failed is how many operations ended as :fail. They did not happen, and are left out.
	Failed int
}

// Load returns the whole history in a file of any form, which it tells by the content. An error names file and line.
//
// A Jepsen history is one of reads, writes and compare-and-sets of registers: maps, one after another or in one vector
// or list, each the invocation of an operation or its end; or a line for each. Its operations have no timestamps. Their order
// is that of :index where all of them have one, and otherwise of the file, unless :time contradicts it: then times count.
// An operation that ended as :fail did not happen.
func Load(path string, o Options) (History, error) {
	f, err := os.Open(path)
	if err != nil {
		return History{}, err
	}
	defer f.Close()
	text, err := open(f)
	if err != nil {
		return History{}, fmt.Errorf("%s:1: %w", path, err)
	}
	start, _ := text.Peek(detectBytes) // an error comes again when it is read
	h := History{Form: formOf(start)}
	if h.Form == Own {
		h.Entries, err = history.Parse(text, path)
		return h, err
	}
	if err := h.read(text, o); err != nil {
		return h, fmt.Errorf("%s:%w", path, err)
	}
	return h, nil
}

// atLine says where in a file an error is.
func atLine(n int, err error) error { return fmt.Errorf("%d: %w", n, err) }

// read reads the operations of a foreign history.
func (h *History) read(r io.Reader, o Options) error {
	text, err := all(r)
	if err != nil {
		return err
	}
	if h.Initial, err = initial(o.Initial, h.Form); err != nil {
		return err
	}
	h.LeftOut = map[string]int{}
	var events []*event
	processes := newProcesses(o.Ignore)
	do := func(line int, m map[string]any) error {
		e, err := processes.parse(m)
		if e != nil {
			e.line = line
			events = append(events, e)
		} else if err == nil {
			name, _ := word(m["process"])
			h.LeftOut[name]++
		}
		return err
	}
	if h.Form == Lines {
		err = eachLine(text, processes.ignores, do)
	} else if err = checkDepth(text, h.Form); err == nil {
		err = eachMap(text, h.Form, do)
	}
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return atLine(1, h.nothing())
	}
	if h.Order, err = arrange(events); err != nil {
		return err
	}
	p := newPairing(h.Form)
	if err := p.pair(events); err != nil {
		return err
	}
	h.Entries, h.Failed = p.entries(h.Initial)
	return nil
}

// initial is the text of a value, given as a history of the form writes it.
func initial(written string, form Form) (string, error) {
	raw, rest := form.cut([]byte(written))
	if len(raw) == 0 {
		return "", nil
	}
	value, err := newDecoder(form).decode(raw)
	if err == nil && len(skipGap(rest, form)) > 0 {
		err = errors.New("more than one value")
	}
	if err != nil {
		return "", fmt.Errorf("1: initial value %s: %w", short(written), err)
	}
	return text(value)
}

// nothing says that a text has no operations of clients, and what it has.
func (h *History) nothing() error {
	left := 0
	for _, n := range h.LeftOut {
		left += n
	}
	if left == 0 {
		return errors.New("no operations: want maps such as " + exampleOperation)
	}
	return fmt.Errorf("no operations: all %d maps are of processes that are no clients (%s), and left out", left, h.leftOut())
}

// leftOut names the processes of which events were left out.
func (h *History) leftOut() string {
	var names []string
	for name, n := range h.LeftOut {
		names = append(names, fmt.Sprintf("%s: %d", short(name), n))
	}
	slices.Sort(names)
	return joined(names)
}

// Notes say what a verdict on the history rests on: what was left out, and which order was believed.
func (h *History) Notes() (notes []string) {
	if h.Order != "" {
		notes = append(notes, "order: "+h.Order)
	}
	if len(h.LeftOut) > 0 {
		notes = append(notes, "left out: events of "+h.leftOut())
	}
	if h.Initial != "" {
		notes = append(notes, "registers hold "+short(h.Initial)+" at first")
	}
	if h.Failed > 0 {
		notes = append(notes, fmt.Sprintf("left out: %d operations that failed", h.Failed))
	}
	return notes
}
