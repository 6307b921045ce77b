package history

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/powbench/powbench/protocols"
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
		fmt.Fprintf(w, "client %d #%d\t%s\t%s\t%s\n", e.Client, e.Seq, action(e), bar(e, instants), times(e, zero))
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

func action(e Entry) string {
	what := strings.TrimPrefix(e.value(), "value ")
	if e.Op == protocols.Write {
		return "write " + what
	}
	if e.Outcome == Pending {
		return "read"
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
