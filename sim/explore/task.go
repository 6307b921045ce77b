package explore

import (
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
)

// A Task says what to explore. A zero field has the default named.
type Task struct {
	Protocol   protocols.Protocol
	T          int    // failure threshold; 1
	Suite      string // modern
	Scope      Scope
	Menu       Menu
	Reductions Reductions
	Bound      Bound
	// Shuffle is a seed: what can happen in a state is tried in an order that it gives, of which 0 gives the usual one. What is complete
	// is the same; what is not begins elsewhere.
	Shuffle uint64
	// Deviations bounds how often an execution may deviate from what happens by itself, which is that messages arrive in the order in which
	// they were sent and nobody lies or dies (delay-bounded search: Emmi, Qadeer and Rakamarić, POPL'11). 0: as often as it likes.
	Deviations int
	// All goes on after a violation, and tells the first of each harm. Otherwise the first ends the exploration.
	All bool
	// Progress is told of what has been done now and then; nil: nobody is.
	Progress func(Progress)
}

// Progress is how far an exploration has come. Done is the share of the tree of steps that is behind it, in [0, 1], if
// all branches were alike. The later ones lead more often to states known before, so that it is more in truth.
type Progress struct {
	Executions, States int64
	Done               float64
}

// Reductions say which states and steps need not be told apart. Each can be left out, to show that the outcomes are the
// same without it.
type Reductions struct {
	// States goes on from each state once, however it was reached.
	States bool
	// Merge takes two states of a client as one if the objects that it consists of are alike, whatever it heard before.
	Merge bool
	// Late drops what is under way for rounds that are over if it cannot change anything. That it cannot is verified in
	// the end, for all states that were reached.
	Late bool
	// Lazy tries, of all executions that differ in the order of independent steps alone, one.
	Lazy bool
	// Lies tells lies apart only if the client that hears them does.
	Lies bool
}

// Full has all reductions.
func Full() Reductions {
	return Reductions{States: true, Merge: true, Late: true, Lazy: true, Lies: true}
}

// A Bound stops an exploration that would take too long; zero is none.
type Bound struct {
	Executions int64
	States     int64 // which take about 100 bytes of memory each
	Time       time.Duration
}

// A Report is what an exploration came to.
type Report struct {
	// Executions are those that were followed to where nothing more can happen, or to a state known before; Steps are what
	// happened in all; States are the different states met.
	Executions, Steps, States int64
	// Outcomes counts the different histories, by what operations returned and in which order they began and ended.
	Outcomes map[string]byzantine.Harm
	// Rounds counts the different ends of READs, by their rounds.
	Rounds map[int]int
	// Complete says that there is nothing more to explore, of executions with so many deviations; else Stopped says what stopped it.
	Complete bool
	Stopped  string
	// Violations are the first of each harm.
	Violations []Violation
	// Without names the reductions that the protocol does not allow, which were left out.
	Without []string
	Seconds float64
}

// A Violation is an execution that does harm.
type Violation struct {
	Harm   byzantine.Harm
	Detail string
	path   []step
}
