package harness

import (
	"fmt"

	"github.com/powbench/powbench/netem"
)

// layout says which of the testbed's hosts carry servers and which clients.
type layout struct {
	testbed *netem.Testbed
	servers []*netem.Host
	clients []*netem.Host
}

// hostNames are the hosts of a testbed: servers first, so that the links' measurements fill the servers' link.
func hostNames(servers, clients int) (s, c []string) {
	for i := range servers {
		s = append(s, fmt.Sprintf("server-%d", i+1))
	}
	for i := range clients {
		c = append(c, fmt.Sprintf("client-%d", i+1))
	}
	return s, c
}

// newLayout looks the hosts up.
func newLayout(tb *netem.Testbed, servers, clients []string) layout {
	l := layout{testbed: tb}
	for _, name := range servers {
		l.servers = append(l.servers, tb.Host(name))
	}
	for _, name := range clients {
		l.clients = append(l.clients, tb.Host(name))
	}
	return l
}

// delay is what NetEm does to packets from one host to another.
func (l layout) delay(from, to string) netem.Delay {
	if of := l.testbed.Topology.Delay; of != nil {
		return of(from, to)
	}
	return netem.Delay{}
}

// goodputMBps is the most TCP payload, in 10^6 bytes/s, that one direction of a link of rateBits carries.
func goodputMBps(rateBits int64) float64 { return netem.Goodput(rateBits) / 8e6 }
