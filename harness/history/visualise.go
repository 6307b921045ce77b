package history

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/powbench/powbench/protocols"
)

// drawTimeout bounds the search for the order that a picture shows. Without one it shows the operations alone.
const drawTimeout = 10 * time.Second

// Visualise draws a history into an HTML file: a row for each client, and the linear order that porcupine found, or the
// longest ones that it could not extend. It draws all of the history: some hundred operations are still readable.
func Visualise(path string, entries []Entry) error {
	model := register
	model.Partition = partition
	model.DescribeOperation = func(input, _ any) string { return describe(input.(*Entry)) }
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

// partition divides operations by their keys.
func partition(ops []porcupine.Operation) [][]porcupine.Operation {
	keys := make(map[protocols.Key][]porcupine.Operation)
	for _, op := range ops {
		key := op.Input.(*Entry).Key
		keys[key] = append(keys[key], op)
	}
	var all [][]porcupine.Operation
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		all = append(all, keys[key])
	}
	return all
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

// describe says what an operation did.
func describe(e *Entry) string {
	if e.Outcome == Pending {
		return action(*e) + ", pending"
	}
	return action(*e)
}

// origin says whose operation it is.
func origin(e *Entry) string {
	text := fmt.Sprintf("%s, key %q", e.name(), e.Key)
	if e.Outcome == OK && e.Timestamp != (protocols.Timestamp{}) {
		text += fmt.Sprintf(", timestamp %v", e.Timestamp)
	}
	return text
}
