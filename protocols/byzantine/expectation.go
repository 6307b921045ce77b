package byzantine

import (
	"fmt"
	"slices"
)

// An Expectation says what must come of an attack on one protocol. The zero one says that the protocol withstands it:
// every history is linearizable and every operation ends.
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

// Harm is one way in which an attack may break a register.
type Harm string

// The harms.
const (
	NoHarm        Harm = ""
	Stale         Harm = "stale read"           // an operation missed a WRITE that had ended, or READs went back in time
	Phantom       Harm = "phantom value"        // a READ returned a value that was never written
	Exhaustion    Harm = "timestamp exhaustion" // a timestamp ran ahead of the number of WRITEs
	Lurking       Harm = "lurking writes"       // more than one WRITE of a writer that was stopped took effect afterwards
	Hang          Harm = "hang"                 // an operation did not end though S−t correct servers could be reached
	Failure       Harm = "failed operation"     // an operation ended with an error
	TooManyRounds Harm = "too many rounds"      // a READ took more than the attack can bring about
	Growth        Harm = "growth"               // a server keeps more than the WRITEs account for
)

// Harms lists the harms, the gravest first.
func Harms() []Harm {
	return []Harm{Phantom, Stale, Hang, Failure, Exhaustion, Lurking, TooManyRounds, Growth}
}

// Allows reports whether a harm that was found is one to expect. A server that invents values and timestamps also
// brings about stale reads and exhausted timestamps, where a protocol believes it.
func (e Expectation) Allows(found Harm) bool {
	if e.Beyond || found == e.Harm {
		return true
	}
	switch e.Harm {
	case Phantom:
		return found == Stale || found == Exhaustion || found == Failure
	case Exhaustion:
		return found == Stale || found == Failure
	}
	return false
}

// Holds reports whether the harms found are as expected: only those that the attack is known to do, and those
// indeed.
func (e Expectation) Holds(found map[Harm]int64) bool {
	for h := range found {
		if !e.Allows(h) {
			return false
		}
	}
	return e.Harm == NoHarm || len(found) > 0
}

// and is what must come of two attacks at once: the graver harm of the two, and no fewer rounds than either allows.
func (e Expectation) and(o Expectation) Expectation {
	both := Expectation{None: e.None || o.None, Beyond: e.Beyond || o.Beyond}
	if i := slices.IndexFunc(Harms(), func(h Harm) bool { return h == e.Harm || h == o.Harm }); i >= 0 {
		both.Harm = Harms()[i]
	}
	if e.Rounds > 0 && o.Rounds > 0 {
		both.Rounds = max(e.Rounds, o.Rounds)
	}
	return both
}

// Code says what is expected in a word that results record: withstand, harm, beyond or no-target.
func (e Expectation) Code() string {
	switch {
	case e.None:
		return "no-target"
	case e.Beyond:
		return "beyond"
	case e.Harm != NoHarm:
		return "harm"
	}
	return "withstand"
}

// String says what is expected, to people.
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
