package cluster

import (
	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/protocols"
)

// mostReserve is what a server may need in a warm-up and window of a second each, at the rate at which two cores store
// the fragments of WRITEs.
const mostReserve = 512 << 20

// reserve is how many bytes of memory for payloads each of n servers sets aside before it listens: where no link limits the
// load and payloads stay in memory, what is measured would else be how fast the machine finds fresh memory. On a virtual
// machine whose hypervisor takes idle memory back that is slower than all else a server does. The servers of a host
// together take at most a quarter of its memory.
func (c *Cluster) reserve(n int) int64 {
	var i unix.Sysinfo_t
	if c.spec.Durability != protocols.Volatile || c.Null() || !c.testbed.Describe().Unlimited || unix.Sysinfo(&i) != nil {
		return 0
	}
	return min(mostReserve, int64(i.Totalram*uint64(i.Unit))/4/int64(n))
}
