package clock

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// All threads have the short slice that was asked for, and as root the priority.
func TestPrompt(t *testing.T) {
	runtime.LockOSThread() // the thread is spoilt for others and ends with the test
	Prompt()
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if attr.Nice != promptNice && unix.Geteuid() == 0 {
		t.Errorf("the priority is %d, want %d", attr.Nice, promptNice)
	}
	if attr.Runtime != 0 && attr.Runtime != uint64(promptSlice) { // 0: a kernel that has no slices of one's own
		t.Errorf("the slice is %d ns, want %v", attr.Runtime, promptSlice)
	}
}
