package node

import (
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/protocols"
)

// introduced is a cluster of servers that know each other.
func introduced(t *testing.T, protocol string) *cluster {
	c := newCluster(t, protocol)
	for i, n := range c.nodes {
		if _, err := n.Connect(t.Context(), c.addrs()); err != nil {
			t.Fatal(err)
		}
		c.configs[i].Listen, c.configs[i].Peers = n.Addr().String(), c.addrs()
	}
	return c
}

// A WRITE ends once servers have heard from each other, a READ finds it, also when one server is down or has come back.
func TestServersThatTalk(t *testing.T) {
	for _, protocol := range []string{"avid", "avid+fp"} {
		t.Run(protocol, func(t *testing.T) {
			c := introduced(t, protocol)
			c.write("k", "first")
			c.wantValue("k", "first")
			if err := c.nodes[3].Close(); err != nil {
				t.Fatal(err)
			}
			w := c.client(c.someLinks(protocols.Writer, c.writer), c.writer, 3)
			outcome, err := w.Write("k", 6, func(to []byte) { copy(to, "second") }).Run(c.soon())
			if err != nil {
				t.Fatal(err)
			}
			outcome.Release()
			c.nodes[3] = c.start(c.configs[3])
			c.wantValue("k", "second")
		})
	}
}

// Between counts what servers exchange, once they are at rest.
func TestBetween(t *testing.T) {
	c := introduced(t, "avid")
	count := func() (sum int64) {
		for _, n := range c.nodes {
			bytes, err := n.Between(c.soon(), control.Nothing{})
			if err != nil {
				t.Fatal(err)
			}
			sum += bytes
		}
		return sum
	}
	value := strings.Repeat("v", 1<<16)
	before := count()
	c.write("k", value)
	count() // what the first to be asked sent after that, the others had caused before they were at rest
	// Each of 4 servers sends its half of the value to 3 others, at least 2 of the servers twice.
	if got, least, most := count()-before, int64(9<<16), int64(12<<16); got < least || got > most+most/10 {
		t.Errorf("servers exchanged %d bytes, fragments alone are %d to %d", got, least, most)
	}
}

func TestConnectRefuses(t *testing.T) {
	c := newCluster(t, "avid")
	_, err := c.nodes[0].Connect(t.Context(), c.addrs()[1:])
	if err == nil || !strings.Contains(err.Error(), "3 addresses") {
		t.Errorf("3 addresses of 4 servers: %v", err)
	}
	c = newCluster(t, "mabd")
	if _, err := c.nodes[0].Connect(t.Context(), nil); err != nil {
		t.Errorf("servers that do not talk: %v", err)
	}
	if between, err := c.nodes[0].Between(t.Context(), control.Nothing{}); between != 0 || err != nil {
		t.Errorf("they exchanged %d bytes: %v", between, err)
	}
	if slices.ContainsFunc(c.nodes, func(n *Node) bool { return n.handler.peers.Load() != nil }) {
		t.Error("they are connected")
	}
}
