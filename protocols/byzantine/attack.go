// Package byzantine turns correct participants into attackers: decorators around the servers and registers that run
// elsewhere, and the catalogue of the attacks they serve. The simulator plays it on schedules, the attack harness on
// processes.
//
// An attacker is as strong as the model allows (the paper, §2): Byzantine servers do as they please, know each other's
// keys and what each of them learned, but forge neither MACs nor signatures of others; Byzantine readers send what
// they please, as readers.
package byzantine

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// Dice decide what an attacker leaves to chance. The simulator draws from its schedule, a process from a seed.
type Dice interface {
	// Roll returns a number in [0, n). Zero is what a correct participant would do, where there is such a thing.
	Roll(n int) int
}

// A Part is what one attacker has to play with.
type Part struct {
	Protocol protocols.Protocol
	T        int
	Suite    suite.Suite
	Index    int // of a server, 0-based
	Dice     Dice
	// Loot is what all attackers of a run have learned; they share it, as far as they share a process.
	Loot *Loot
}

// A Condition is what an attack asks of the network and of the clients, which no decorator can do.
type Condition struct {
	// Isolate is how many servers are cut off for a while, as a multiple of t and one more: t·Isolate[0] + Isolate[1].
	Isolate [2]int
	// Unruly messages are later, more often reordered and duplicated than usual.
	Unruly bool
	// Resets break connections in the middle of rounds; clients connect again and resend.
	Resets bool
	// WriterDies is the round of a WRITE, from 1, in which many writers die, where the first asks for the time: that of a
	// single writer has one round less. Reaches bounds how many servers the round's requests still reach, 0 for any
	// number. A WriterDies of 0 is none.
	WriterDies, Reaches int
	// SamePID restarts a writer with the process id of the one that died.
	SamePID bool
}

// An Attack is one row of the catalogue: who attacks, and what must come of it.
type Attack struct {
	ID    string // B1 … N5
	Name  string // bogus-candidate
	Title string // one line for people
	// Server makes t servers attack; nil if servers are correct. Liars is their number beyond t, for attacks that exceed
	// the model.
	Server func(Part, protocols.Server) protocols.Server
	Liars  int
	// Crash says that the attacking servers do no more than a crashed one: nothing.
	Crash bool
	// Reader makes a client hostile; nil if none is. The READs of its register are attacks that return nothing.
	Reader func(Part, protocols.Register) protocols.Register
	Condition
	// Expect is what must come of it, by the protocol's name, or others for all that are not named. If neither is there,
	// it follows from what the protocol promises.
	Expect map[string]Expectation
}

// An Expectation is what must come of an attack on one protocol. The zero one is that the protocol withstands it: every
// history is linearizable and every operation ends.
type Expectation struct {
	// Harm names what the attack does to a protocol that is not built to withstand it: the checkers must find it.
	Harm Harm
	// Rounds bounds the rounds of a READ; 0 if the attack does not speak of them.
	Rounds int
	// None says that the protocol has nothing that this attack could be directed at.
	None bool
	// Beyond says that the attack is beyond what the protocol promises to withstand: whatever comes of it is right, as
	// long as it is some harm if Harm names one.
	Beyond bool
}

// Harm is what an attack may do to a register.
type Harm string

// The harms.
const (
	NoHarm        Harm = ""
	Stale         Harm = "stale read"           // an operation missed a WRITE that had ended, or READs went back in time
	Phantom       Harm = "phantom value"        // a READ returned what nobody wrote
	Exhaustion    Harm = "timestamp exhaustion" // a timestamp ran ahead of the number of WRITEs
	Hang          Harm = "hang"                 // an operation did not end though S−t correct servers could be reached
	Failure       Harm = "failed operation"     // an operation ended with an error
	TooManyRounds Harm = "too many rounds"      // a READ took more than the attack can bring about
	Growth        Harm = "growth"               // a server keeps more than the WRITEs account for
)

// Harms lists the harms, the gravest first.
func Harms() []Harm {
	return []Harm{Phantom, Stale, Hang, Failure, Exhaustion, TooManyRounds, Growth}
}

// Expected is what must come of the attack on the protocol, or on any variant of it.
func (a Attack) Expected(p protocols.Protocol) Expectation {
	name, variant := protocols.SplitName(protocols.NameOf(p))
	e, named := a.Expect[name]
	if !named {
		e, named = a.Expect[others]
	}
	switch {
	case !named:
		return a.derived(p)
	case e.Rounds > 0 && variant == "lean":
		e.Rounds++ // FETCH: attackers may hold fragments back, and any server may be slow
	case variant == "bounded" || variant == "bounded1":
		e.Rounds = 0 // FILTER again, as often as WRITEs overtake it, within protocols.MaxRounds
	}
	return e
}

// derived is the expectation of a protocol that none names. It is to withstand the attack, but where no server may lie,
// lies are beyond the model, and so are readers that attack; and no writer dies in a round that there is not.
func (a Attack) derived(p protocols.Protocol) Expectation {
	if a.WriterDies > len(p.Traits(1).Legs(protocols.Write)) {
		return Expectation{None: true}
	}
	lies := a.Server != nil && !a.Crash || a.Reader != nil
	return Expectation{Beyond: lies && p.Traits(1).LyingServers == 0}
}

// Allows reports whether a harm that was found is one to expect. A server that invents values and timestamps also
// brings about stale reads and exhausted timestamps, where a protocol believes it.
func (e Expectation) Allows(found Harm) bool {
	switch e.Harm {
	case found:
		return true
	case Phantom:
		return found == Stale || found == Exhaustion || found == Failure
	case Exhaustion:
		return found == Stale || found == Failure
	}
	return e.Beyond
}

// Holds reports whether the harms found are what is expected: only those that the attack is known to do, and those
// indeed.
func (e Expectation) Holds(found map[Harm]int64) bool {
	for h := range found {
		if !e.Allows(h) {
			return false
		}
	}
	return e.Harm == NoHarm || len(found) > 0
}

// String says what is expected.
func (e Expectation) String() string {
	switch {
	case e.None:
		return "nothing to attack"
	case e.Beyond && e.Harm != NoHarm:
		return string(e.Harm) + " or worse, beyond the model"
	case e.Beyond:
		return "anything, beyond the model"
	case e.Harm != NoHarm:
		return string(e.Harm)
	case e.Rounds > 0:
		return fmt.Sprintf("no harm, READs of at most %d rounds", e.Rounds)
	}
	return "no harm"
}
