package profiles

import (
	"slices"
	"strings"
)

// A Class is a kind of work that the processor does. Functions belong to it if their full names begin with one of of.
type Class struct {
	Name string
	of   []string
	// outer are classes that a function of this one works for if it is called, however indirectly, by one of theirs.
	outer []string
}

// The names of the classes that others work for, and of what is in none.
const (
	sockets    = "sockets"
	files      = "files"
	signatures = "MAC, signature"
	scheduler  = "scheduler"
	profiling  = "profiling"
	Other      = "other"
)

const (
	module  = "github.com/powbench/powbench/"
	fips140 = "crypto/internal/fips140/"
)

// classes is the one list of what belongs to which class, in the order of figures. A sample counts for the class of the
// innermost function that is in one: copying counts for who copies, and a system call of the database for its files. The
// names are those of Go's runtime and of our libraries: a test holds the list to functions that must be in it.
var classes = []Class{
	{Name: sockets, of: []string{"net."}},
	{Name: files, of: []string{
		"os.", "github.com/cockroachdb/pebble/v2/vfs.(*linux", "github.com/cockroachdb/pebble/v2/vfs.(*unix",
	}},
	{
		Name:  "other system calls",
		of:    []string{"syscall.", "internal/runtime/syscall", "internal/syscall/", "golang.org/x/sys/unix.", "runtime.vdso"},
		outer: []string{sockets, files, scheduler, profiling},
	},
	{
		Name:  "hash",
		of:    []string{"crypto/sha1.", "crypto/sha256.", "crypto/sha512.", "lukechampine.com/blake3", fips140 + "sha256.", fips140 + "sha512.", fips140 + "sha3."},
		outer: []string{signatures},
	},
	{Name: signatures, of: []string{
		"crypto/hmac.", fips140 + "hmac.", module + "protocols/suite.(*mac", "crypto/ed25519.", fips140 + "ed25519.",
		fips140 + "edwards25519", "filippo.io/edwards25519", "crypto/rsa.", fips140 + "rsa.", fips140 + "bigmod.", "crypto/dsa.",
		"crypto/ecdsa.", fips140 + "ecdsa.", fips140 + "nistec", "math/big.",
	}},
	{Name: "coding", of: []string{"github.com/klauspost/reedsolomon.", module + "protocols/dispersal."}},
	{Name: "codec", of: []string{"github.com/hashicorp/go-msgpack/", module + "protocols/wire."}},
	{Name: "storage", of: []string{"github.com/cockroachdb/", "github.com/RaduBerinde/", module + "storage."}},
	{Name: "transport", of: []string{module + "transport.", "bufio.", "crypto/tls.", fips140 + "aes"}},
	{Name: "protocol", of: []string{module + "protocols", module + "harness/client.", module + "harness/node."}},
	{Name: "load generator", of: []string{
		module + "harness/agent.", module + "workloads.", module + "harness/history.", "github.com/HdrHistogram/",
	}},
	{Name: "allocator, collector", of: runtime(
		"gc", "mallocgc", "newobject", "makeslice", "growslice", "rawbyteslice", "scan", "mark", "grey", "sweep", "bgsweep", "bgscavenge",
		"deductSweepCredit", "deductAssistCredit", "(*mheap)", "(*mcache)", "(*mcentral)", "(*mspan)", "(*gc", "(*sweep", "(*scaveng", "(*page",
		"(*wbBuf", "wbBuf", "bulkBarrier", "typedmemmove", "(*lfstack)", "madvise", "sysUse", "sysUnused", "sysHugePage", "memclrNoHeapPointersChunked",
		"findObject", "spanOf", "tryDeferToSpanScan", "(*spanInlineMarkBits)", "(*spanQueue)", "getempty", "putfull",
	)},
	{Name: scheduler, of: append(runtime(
		"mcall", "schedule", "park", "gopark", "findRunnable", "findrunnable", "stealWork", "netpoll", "mstart", "mPark", "stopm", "startm",
		"wakep", "ready", "goready", "futex", "note", "usleep", "osyield", "procyield", "lock", "unlock", "sema", "notifyList",
		"chansend", "chanrecv", "closechan", "selectgo", "selectnb", "send", "recv", "(*timer", "checkTimers", "sysmon", "gosched",
		"goyield", "gopreempt", "preempt", "asyncPreempt", "retake", "entersyscall", "exitsyscall", "reentersyscall", "execute", "gogo",
		"casgstatus", "casGToWaiting", "newproc", "goexit0", "gdestroy", "runq", "globrunq", "pidle", "injectglist", "resetspinning",
		"nanotime", "tgkill", "wirep", "acquirep", "releasep", "handoffp", "checkRunq", "checkIdle", "gcstopm",
		"newstack", "copystack", "morestack", "(*guintptr)", "dodeltimer",
	), "sync.(*Mutex)", "sync.(*RWMutex)", "sync.(*Cond)", "sync.(*WaitGroup).Add", "sync.(*WaitGroup).Done",
		"sync.(*WaitGroup).Wait", "sync.runtime_", "internal/sync.", "internal/poll.runtime_", "internal/poll.(*fdMutex)", "context.", "time.")},
	{Name: profiling, of: append(runtime(
		"saveblockevent", "blockevent", "mutexevent", "(*mLockProfile)", "mutexSampleContention", "mProf_", "profilealloc", "sigprof",
		"sigtramp", "sighandler", "(*profBuf)", "(*profAtomic)",
	), "runtime/pprof.")},
}

// runtime are functions of Go's runtime.
func runtime(names ...string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = "runtime." + n
	}
	return all
}

// Classes are the names of all classes in the order of figures; what is in none comes last.
func Classes() []string {
	var all []string
	for _, c := range classes {
		all = append(all, c.Name)
	}
	return append(all, Other)
}

// find is the class of a function, nil for none.
func find(function string) *Class {
	for i, c := range classes {
		for _, prefix := range c.of {
			if strings.HasPrefix(function, prefix) {
				return &classes[i]
			}
		}
	}
	return nil
}

// classify is the class of a stack of functions, from the innermost to the outermost.
func classify(stack []string) string {
	var inner *Class
	for _, function := range stack {
		c := find(function)
		switch {
		case c == nil:
		case inner == nil && c.outer == nil:
			return c.Name
		case inner == nil:
			inner = c
		case slices.Contains(inner.outer, c.Name):
			return c.Name
		}
	}
	if inner == nil {
		return Other
	}
	return inner.Name
}
