package avid

import (
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// Dispersals that t servers together invent take no more room than U6 says, at any server, and what they say of those that
// others know of is kept.
func TestInventedDispersals(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		const faults = 2
		c := prototest.New(t, p, faults, "modern", 1)
		is := p.params(faults, c.Suite)
		fragments, check, err := is.encode([]byte("value"), protocols.Heap{})
		if err != nil {
			t.Fatal(err)
		}
		vote := func(server int, number uint64) {
			m := protocols.Message{Body: &Vote{TS: protocols.Timestamp{Num: number, PID: 1}, Check: check, Echo: true, Ready: true}}
			if !p.Fingerprints {
				m.Payload = fragments[server]
			}
			c.Send(server, 0, "k", m)
			c.Run()
		}
		heard := func(number uint64) bool {
			_, found := c.Record(0, "k", recordVotes(is.timeOf(protocols.Timestamp{Num: number, PID: 1}, check)))
			return found
		}
		const invented = 2 * protocols.MaxUnfounded
		vote(1, 1)
		vote(3, 1)
		for n := uint64(2); n <= invented; n++ {
			if vote(1, n); n%2 == 0 {
				vote(2, n)
			}
			if n == 2 { // a third server speaks of it: one of the three does not lie
				vote(3, 2)
			}
		}
		if got, most := c.Records(0, "k"), 1+2*(protocols.MaxUnfounded+1); got > most {
			t.Errorf("the server keeps %d records, at most %d are bounded", got, most)
		}
		if got := len(registerOf(t, c).Unfounded); got != protocols.MaxUnfounded {
			t.Errorf("%d dispersals count as unfounded, want %d", got, protocols.MaxUnfounded)
		}
		for number, want := range map[uint64]bool{
			1: false, 2: true, 3: false, invented - protocols.MaxUnfounded: false, invented - protocols.MaxUnfounded + 1: true, invented: true,
		} {
			if heard(number) != want {
				t.Errorf("dispersal %d is kept: %v, want %v", number, !want, want)
			}
		}

		// The writer's own request founds one, and the votes that came before it count.
		ts := protocols.Timestamp{Num: invented, PID: 1}
		m := protocols.Message{Body: &Disperse{TS: ts, Check: check}, Payload: fragments[0]}
		if _, err := c.Request(protocols.Writer, "k", 0, m); err != nil {
			t.Fatal(err)
		}
		if got := len(registerOf(t, c).Unfounded); got != protocols.MaxUnfounded-1 {
			t.Errorf("after the writer's request %d dispersals count as unfounded, want %d", got, protocols.MaxUnfounded-1)
		}
	})
}

// ECHO and READY count alike as word of a dispersal: t+1 servers that send one or the other found it.
func TestAnyVoteFounds(t *testing.T) {
	both(t, func(t *testing.T, p Protocol) {
		const faults = 2
		c := prototest.New(t, p, faults, "modern", 1)
		fragments, check, err := p.params(faults, c.Suite).encode([]byte("value"), protocols.Heap{})
		if err != nil {
			t.Fatal(err)
		}
		for server := 1; server <= faults+1; server++ {
			m := protocols.Message{Body: &Vote{
				TS: protocols.Timestamp{Num: 1, PID: 1}, Check: check, Echo: server%2 == 1, Ready: server%2 == 0,
			}}
			if !p.Fingerprints {
				m.Payload = fragments[server]
			}
			c.Send(server, 0, "k", m)
			c.Run()
			want := 1
			if server > faults {
				want = 0
			}
			if got := len(registerOf(t, c).Unfounded); got != want {
				t.Errorf("after %d votes %d dispersals count as unfounded, want %d", server, got, want)
			}
		}
	})
}
