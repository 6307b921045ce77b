package targeted

import (
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/protocols/powerstore"
	"github.com/powbench/powbench/protocols/prototest"
)

var within = []protocols.Protocol{mabd.Protocol{}, mpowerstore.Protocol{}, phalanx.Protocol{}}

// asked is the servers that got requests.
func asked(runs ...*prototest.Run) (servers []int) {
	for _, r := range runs {
		for _, e := range r.Trace {
			if !e.Reply {
				servers = append(servers, e.Server)
			}
		}
	}
	slices.Sort(servers)
	return slices.Compact(servers)
}

// When nothing fails, the operations on a key stay within one quorum, and move what the cost model says.
func TestOneQuorum(t *testing.T) {
	for _, inner := range within {
		p := Protocol{inner}
		c := prototest.New(t, p, 2, "modern", 1)
		write := c.Client(1, protocols.Writer).Write("k", make([]byte, 300))
		c.Finish(write)
		read := c.Client(2, protocols.Reader).Read("k")
		c.Finish(read)
		c.Run()
		if got := asked(write, read); len(got) != p.Traits(2).Quorum {
			t.Errorf("%s: servers %v were asked, want a quorum of %d", protocols.NameOf(p), got, p.Traits(2).Quorum)
		}
		stored := 0
		for i := range c.Servers {
			stored += min(1, c.Records(i, "k"))
		}
		if stored != p.Traits(2).Quorum {
			t.Errorf("%s: %d servers hold the value, want %d", protocols.NameOf(p), stored, p.Traits(2).Quorum)
		}
		q, s := float64(p.Traits(2).Quorum), float64(p.Traits(2).Servers)
		for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
			got, all := p.Traits(2).Cost(op), inner.Traits(2).Cost(op)
			want := protocols.Cost{ClientToServers: all.ClientToServers * q / s, ServersToClient: all.ServersToClient * q / s}
			if fmt.Sprintf("%.6f", got) != fmt.Sprintf("%.6f", want) {
				t.Errorf("%s of %s: cost %+v, want %+v", op, protocols.NameOf(p), got, want)
			}
		}
	}
}

// Over keys, all servers have the same load.
func TestQuorumsRotate(t *testing.T) {
	c := prototest.New(t, Protocol{mabd.Protocol{}}, 1, "modern", 1)
	counts := make([]int, len(c.Servers))
	for i := range 60 {
		write := c.Client(1, protocols.Writer).Write(protocols.Key(fmt.Sprint(i)), []byte("v"))
		c.Finish(write)
		for _, s := range asked(write) {
			counts[s]++
		}
	}
	if slices.Min(counts) < 30 {
		t.Errorf("of 60 quorums of two the servers were in %v", counts)
	}
}

// A server of the quorum is silent: each round is overdue, then the others are asked, and none is asked twice.
func TestSilentServer(t *testing.T) {
	for _, inner := range within {
		p := Protocol{inner}
		c := prototest.New(t, p, 1, "modern", 1)
		first := protocols.Spread("k", 0, p.Traits(1).Servers)
		c.Crash(first)
		write := c.Client(1, protocols.Writer).Write("k", []byte("v"))
		for c.Step() {
		}
		if write.Done() || write.Rounds() != 1 {
			t.Fatalf("%s: the WRITE got beyond round %d without server %d", protocols.NameOf(p), write.Rounds(), first+1)
		}
		c.Finish(write)
		read := c.Client(2, protocols.Reader).Read("k")
		if got := c.Finish(read); string(got.Value) != "v" {
			t.Errorf("%s: READ: %+v", protocols.NameOf(p), got)
		}
		for _, r := range []*prototest.Run{write, read} {
			if got := asked(r); len(got) != p.Traits(1).Servers-1 {
				t.Errorf("%s: servers %v were asked, want all but %d", protocols.NameOf(p), got, first+1)
			}
			requests := map[[2]int]int{}
			for _, e := range r.Trace {
				if !e.Reply {
					requests[[2]int{e.Round, e.Server}]++
				}
			}
			for at, n := range requests {
				if n > 1 {
					t.Errorf("%s: %d requests to server %d in round %d", protocols.NameOf(p), n, at[1]+1, at[0])
				}
			}
		}
	}
}

// A targeted protocol has the traits of the one within: embedding loses none.
func TestTraits(t *testing.T) {
	for _, inner := range []protocols.Protocol{powerstore.Protocol{}, phalanx.Protocol{Variant: phalanx.RSA}} {
		got, want := Protocol{inner}.Traits(1), inner.Traits(1)
		if got.Writers != want.Writers || got.Scheme != want.Scheme || got.LyingServers != want.LyingServers ||
			got.Servers != want.Servers || got.Quorum != want.Quorum || got.Title != want.Title {
			t.Errorf("%+v, within it is %+v", got, want)
		}
	}
	if name := protocols.NameOf(Protocol{phalanx.Protocol{Variant: phalanx.RSA}}); name != "phalanx+rsa-targeted" {
		t.Errorf("its name is %s", name)
	}
}
