package protocols

import "slices"

// A Condition is a turn at a place that matters, which few executions take: "a third round". Operations note those that they
// come to (Phase.Note), and simulations tell which were reached under which attack. One that nothing reaches is a hole in
// what was simulated: code that no schedule has tested.
type Condition string

// Conditions are all that a protocol's operations note. A text is the reason why no attack within the model reaches the
// condition; it is empty if one must.
type Conditions map[Condition]string

// ConditionsOf are those of a protocol that has any.
func ConditionsOf(p Protocol) Conditions {
	if has, ok := p.(interface{ Conditions() Conditions }); ok {
		return has.Conditions()
	}
	return nil
}

// Conditions that protocols share.
const (
	LateReply Condition = "a reply to an earlier round" // which counts for nothing any more (D6)
	Disagree  Condition = "a quorum that is not of one mind"
	Restarted Condition = "begun again, because WRITEs overtook it"
)

// Noted is what an operation has noted. It is no part of the operation's state: nothing depends on it.
type Noted struct {
	all      []Condition
	restarts int
}

// Note notes that the operation has come to the condition. Few do, and for the others it costs nothing.
func (n *Noted) Note(c Condition) {
	if !slices.Contains(n.all, c) {
		n.all = append(n.all, c)
	}
}

// Restart notes that the operation begins again, because WRITEs overtook it.
func (n *Noted) Restart() {
	n.Note(Restarted)
	n.restarts++
}

// Restarts is how often the operation has begun again.
func (n *Noted) Restarts() int { return n.restarts }

// Conditions are those noted so far, in that order.
func (n *Noted) Conditions() []Condition { return n.all }
