package client_test

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/targeted"
)

// A server that is asked first does not answer: operations go on with the others, in as many rounds, or one more where
// fragments have to be fetched.
func TestOverdue(t *testing.T) {
	for _, test := range []struct {
		protocol protocols.Protocol
		rounds   int // of a READ
	}{
		{targeted.Protocol{Protocol: mabd.Protocol{}}, 2},
		{variants.Lean(), 3},
	} {
		t.Run(protocols.NameOf(test.protocol), func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, test.protocol)
			links := c.links(protocols.Writer)
			w := c.client(links, protocols.Writer, 1)
			for range 3 { // so that it learns how long rounds take
				c.write(w, "before")
				c.read(w, "k")
			}
			pid := uint64(1)
			if _, ok := test.protocol.(targeted.Protocol); ok {
				pid = 0 // the quorum is all clients'
			}
			first := protocols.Spread("k", pid, len(c.addrs))
			c.hold(first)
			c.write(w, "after")
			if got, n := c.read(w, "k"); got != "after" || n != test.rounds {
				t.Errorf("READ without server %d: %q in %d rounds, want it in %d", first+1, got, n, test.rounds)
			}
			c.release()
			if err := links.Quiesce(c.soon()); err != nil {
				t.Error(err)
			}
		})
	}
}
