package harness

import (
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// The trials beside the catalogue's, which take real processes and disks.
const (
	killEach    = "F1"
	killForGood = "F2"
	fullDisk    = "F3"
	damagedFile = "F4"
)

// Attacks are all trials there are: none, for comparison; the catalogue; faults of processes and disks; and the story of
// one server that crashes, lies and comes back.
func Attacks() []byzantine.Attack {
	all := append([]byzantine.Attack{{ID: result.FaultFree, Name: "fault-free", Title: "nobody attacks"}}, catalog.Attacks()...)
	all = append(all,
		byzantine.Attack{ID: killEach, Name: "kill-and-restart", Title: "server after server is killed and comes back"},
		byzantine.Attack{ID: killForGood, Name: "kill-t", Title: "t servers are killed for good"},
		byzantine.Attack{ID: fullDisk, Name: "full-disk", Title: "a server can write no more: it must stop and say why"},
		byzantine.Attack{ID: damagedFile, Name: "damaged-file", Title: "a server's database is damaged: it must not serve"},
	)
	return append(all, byzantine.Attack{
		ID: result.Timeline, Name: "crash-lie-return", Title: "a server crashes, comes back lying, and comes back honest",
		Expect: func(p protocols.Protocol) (byzantine.Expectation, bool) {
			return byzantine.Expectation{Beyond: true}, !withstands(p, lie(p))
		},
	})
}

// AttackByID finds a trial by its ID or name.
func AttackByID(id string) (byzantine.Attack, error) { return byzantine.ByID(Attacks(), id) }

// lie is how the server of the timeline lies to the protocol: with values that nobody wrote where the protocol is to
// withstand them, with old ones where it is not.
func lie(p protocols.Protocol) byzantine.Attack {
	if bogus := mustAttack("B3"); withstands(p, bogus) {
		return bogus
	}
	return mustAttack("B2")
}

// withstands reports whether no harm must come of the attack.
func withstands(p protocols.Protocol, a byzantine.Attack) bool {
	e := a.Expected(p)
	return e.Harm == byzantine.NoHarm && !e.Beyond
}

// mustAttack is an attack that the catalogue has.
func mustAttack(id string) byzantine.Attack {
	a, err := catalog.Attack(id)
	if err != nil {
		panic(err) // the catalogue has changed: a programming error that every test of this package shows
	}
	return a
}

// rotates reports whether the harm of attacking servers shows only where asynchrony helps them: whether links of correct
// servers are cut, in turn and for a short while, beside it. Every protocol gets the same.
func rotates(a byzantine.Attack) bool { return a.Server != nil && a.Does(byzantine.Stale) }

// needsLinks reports whether the trial cannot be played on loopback, which has no links to cut.
func needsLinks(a byzantine.Attack, p protocols.Protocol) bool {
	return a.Isolate != [2]int{} || rotates(a) && a.Expected(p).Harm != byzantine.NoHarm
}
