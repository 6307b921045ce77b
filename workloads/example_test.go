package workloads_test

import (
	"errors"
	"fmt"

	"github.com/powbench/powbench/workloads"
)

// A client writes its second value to a key. A reader can tell which value it is, and notices a changed byte.
func Example() {
	values := workloads.NewValues(2013)
	key := workloads.KeyName(workloads.NewChooser(2013, 1, 100)())
	value := make([]byte, 64<<10)
	values.Fill(value, workloads.ID{Client: 1, Seq: 2}, key)

	fmt.Println(values.Check(value, key))
	value[40_000] ^= 1
	_, err := values.Check(value, key)
	fmt.Println(errors.Is(err, workloads.ErrCorrupt))
	// Output:
	// 1.2 <nil>
	// true
}
