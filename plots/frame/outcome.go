package frame

// An outcome is what came of an attack.
type Outcome int

const (
	NotPlayed  Outcome = iota
	NoTarget           // the protocol has nothing that the attack could be directed at
	withstood          // no harm, as expected
	Caught             // harm, as expected, and the checkers found it
	Unexpected         // not what was expected
)

// NothingToAttack is what is expected of an attack without a target.
const NothingToAttack = "nothing to attack"
