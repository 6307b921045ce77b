package history

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// columns is the width of a timeline between two instants.
const columns = 6

// Timeline draws a few operations as lines of text: who did what, a bar from start to end, and the times. The bars
// show the order of the starts and ends, not their distances, which may differ by orders of magnitude.
func Timeline(ops []Entry) string {
	if len(ops) == 0 {
		return ""
	}
	instants := instants(ops)
	zero := instants[0]
	var b strings.Builder
	fmt.Fprintf(&b, "Order of starts and ends, not to scale; times are after %d ns.\n", zero)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, e := range ops {
		fmt.Fprintf(w, "%s #%d\t%s\t%s\t%s\n", e.who(), e.Seq, action(e, ""), bar(e, instants), times(e, zero))
	}
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

// instants returns the different starts and ends, in order; Forever is last.
func instants(ops []Entry) []int64 {
	var all []int64
	for _, e := range ops {
		all = append(all, e.Start, e.End)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// action says what an operation did, with a note behind it if it is pending.
func action(e Entry, pending string) string {
	what := strings.TrimPrefix(e.value(), "value ")
	if e.Op == CAS {
		what = e.Foreign.WasLabel + " to " + what
	}
	switch {
	case e.Op == CAS && e.Foreign.Refused:
		return "cas " + what + ", refused"
	case e.Op != protocols.Read && e.Outcome == OK:
		return string(e.Op) + " " + what
	case e.Op != protocols.Read:
		return string(e.Op) + " " + what + pending
	case e.Outcome == Pending:
		return "read" + pending
	}
	return "read → " + what
}

// bar is |----| from start to end, or |----> for an operation that never ended.
func bar(e Entry, instants []int64) string {
	from, _ := slices.BinarySearch(instants, e.Start)
	to, _ := slices.BinarySearch(instants, e.End)
	line := []byte(strings.Repeat(" ", from*columns) + strings.Repeat("-", (to-from)*columns+1))
	line[from*columns], line[to*columns] = '|', '|'
	if e.End == Forever {
		line[to*columns] = '>'
	}
	return string(line)
}

func times(e Entry, zero int64) string {
	start := time.Duration(e.Start - zero)
	if e.Outcome == Pending {
		return fmt.Sprintf("from %v, pending", start)
	}
	text := fmt.Sprintf("%v to %v", start, time.Duration(e.End-zero))
	if e.Timestamp == (protocols.Timestamp{}) { // of ⊥, or of a foreign history
		return text
	}
	return fmt.Sprintf("%s, timestamp %v", text, e.Timestamp)
}

// Around returns the operations for a picture of the involved ones: the whole history if it has at most that many
// operations, and otherwise those on the key of the involved ones that were at work at the same time, or, if these
// are too many, the involved ones alone; and the writes of all values that these read.
func Around(entries, involved []Entry, most int) []Entry {
	if len(entries) <= most {
		return entries
	}
	if len(involved) == 0 {
		return nil
	}
	key := involved[0].Key
	from, to := span(involved)
	near := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool {
		return e.Key != key || e.End < from || e.Start > to
	})
	if len(near) > most {
		near = slices.Clone(involved)
	}
	near = append(near, missingWrites(entries, near)...)
	slices.SortFunc(near, func(a, b Entry) int { return cmp.Compare(a.Start, b.Start) })
	return near
}

// span is the time from the first start to the last end that is known.
func span(entries []Entry) (from, to int64) {
	from = Forever
	for _, e := range entries {
		from, to = min(from, e.Start), max(to, e.Start)
		if e.End < Forever {
			to = max(to, e.End)
		}
	}
	return from, to
}

// missingWrites are the writes of values that were read in a part of the history, but written outside of it.
func missingWrites(entries, part []Entry) []Entry {
	missing := make(map[workloads.ID]bool)
	for _, e := range part {
		if e.returned() {
			missing[e.Value] = true
		}
	}
	for _, e := range part {
		if e.Op == protocols.Write {
			delete(missing, e.Value)
		}
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool {
		return e.Key != part[0].Key || e.Op != protocols.Write || !missing[e.Value]
	})
}

// drawTimeout bounds the search for the order that a picture shows. Without one it shows the operations alone.
const drawTimeout = 10 * time.Second

// Visualise draws a history into an HTML file: a row for each client, and the linear order that porcupine found, or the
// longest ones that it could not extend. It draws all of the history: some hundred operations are still readable.
func Visualise(path string, entries []Entry) error {
	model := register
	model.Partition = func(ops []porcupine.Operation) [][]porcupine.Operation {
		return grouped(ops, func(op porcupine.Operation) protocols.Key { return op.Input.(*Entry).Key })
	}
	model.DescribeOperation = func(input, _ any) string { return action(*input.(*Entry), ", pending") }
	model.DescribeState = func(state any) string { return state.(content).String() }
	model.DescribeOperationMetadata = func(entry any) string { return origin(entry.(*Entry)) }
	_, info := porcupine.CheckOperationsVerbose(model, drawn(entries), drawTimeout)
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := cmp.Or(porcupine.Visualize(model, info, f), f.Close()); err != nil {
		return fmt.Errorf("draw %s: %w", path, err)
	}
	return nil
}

// drawn are the operations of a picture. Each client has a row, or several: what overlaps cannot share one. Pending
// operations end just after the others.
func drawn(entries []Entry) []porcupine.Operation {
	ops := make([]*Entry, len(entries))
	var last int64
	for i := range entries {
		ops[i] = &entries[i]
		last = max(last, ops[i].Start)
		if ops[i].End < Forever {
			last = max(last, ops[i].End)
		}
	}
	slices.SortFunc(ops, func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Seq, b.Seq))
	})
	all := operations(ops)
	var rows []int64 // until when each is taken
	first := 0       // row of the client
	for i, e := range ops {
		if i > 0 && e.Client != ops[i-1].Client {
			first = len(rows)
		}
		row := first
		for row < len(rows) && rows[row] > e.Start {
			row++
		}
		if row == len(rows) {
			rows = append(rows, 0)
		}
		all[i].Return = min(e.End, last+1)
		all[i].ClientId, all[i].Metadata, rows[row] = row, e, all[i].Return
	}
	return all
}

// origin says whose operation it is.
func origin(e *Entry) string {
	text := fmt.Sprintf("%s, key %s", e.name(), quoted(e.Key))
	if e.Outcome == OK && e.Timestamp != (protocols.Timestamp{}) {
		text += fmt.Sprintf(", timestamp %v", e.Timestamp)
	}
	return text
}
