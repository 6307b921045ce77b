package history_test

import (
	"fmt"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// One client writes a value; another reads afterwards, and gets what was there before.
func ExampleCheck() {
	value, stamp := workloads.ID{Client: 1, Seq: 1}, protocols.Timestamp{Num: 1, PID: 1}
	writer, reader := history.NewLog(1), history.NewLog(2)
	write := writer.Begin(history.Entry{Seq: 1, Key: "x", Op: protocols.Write, Start: 100, Value: value})
	write.Complete(110, stamp)
	read := reader.Begin(history.Entry{Seq: 1, Key: "x", Op: protocols.Read, Start: 120})
	read.Complete(130, protocols.Timestamp{})
	read.Bottom = true

	report := history.Check(history.Merge(writer, reader))
	fmt.Println(report.Code)
	fmt.Println(report.Detail)
	fmt.Print(history.Timeline(report.Involved))
	// Output:
	// violation
	// key "x": read 1 of client 2 returned ⊥, but write 1 of client 1 of value 1.1 had ended before it started
	// Order of starts and ends, not to scale; times are after 100 ns.
	// client 1 #1  write 1.1  |-----|              0s to 10ns, timestamp 1.1
	// client 2 #1  read → ⊥               |-----|  20ns to 30ns
}
