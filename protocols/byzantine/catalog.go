package byzantine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// The protocols' names in the expectations.
const (
	pow1 = "powerstore" // whose one writer asks no server for the time, and whose candidates have no MACs
	mpow = "mpowerstore"
	mABD = "mabd"
	phx  = "phalanx"
	// others are the protocols that an attack does not name.
	others = ""
)

// twoRounds is what most attacks leave of PoWerStore's and M-PoWerStore's READs; breaks is what they do to M-ABD, which
// is built for servers that crash and not for ones that lie.
func twoRounds(breaks Harm) map[string]Expectation {
	return map[string]Expectation{pow1: {Rounds: 2}, mpow: {Rounds: 2}, mABD: {Harm: breaks}}
}

// only is the expectation of an attack that has a target in PoWerStore and M-PoWerStore alone. Rounds is how many it
// leaves of M-PoWerStore's READs.
func only(rounds int) map[string]Expectation {
	return map[string]Expectation{pow1: {Rounds: 2}, mpow: {Rounds: rounds}, others: {None: true}}
}

// but is the expectations with another one of PoWerStore.
func but(expect map[string]Expectation, e Expectation) map[string]Expectation {
	expect[pow1] = e
	return expect
}

// Catalog is all attacks: by servers (B), by readers (R), of writers that die (W), and of the network (N).
func Catalog() []Attack {
	return []Attack{
		{
			ID: "B0", Name: "everything", Title: "t servers attack in another way with every request",
			Server: mixed, Expect: map[string]Expectation{mABD: {Harm: Phantom}},
		},
		{ID: "B1", Name: "silent", Title: "t servers answer nothing", Server: silent, Crash: true, Expect: twoRounds(NoHarm)},
		{ID: "B2", Name: "stale", Title: "t servers answer from an old state", Server: stale, Expect: twoRounds(Stale)},
		{
			ID: "B3", Name: "bogus-candidate", Title: "t servers report a value far ahead of all that was written",
			Server: liar(bogus), Expect: twoRounds(Phantom),
		},
		{
			ID: "B4", Name: "inflated-clock", Title: "t servers report to WRITEs a timestamp far ahead",
			Server: liar(inflateClock),
			Expect: map[string]Expectation{mpow: {Rounds: 2}, mABD: {Harm: Exhaustion}, phx: {}, others: {None: true}},
		},
		{
			ID: "B5", Name: "corrupt-data", Title: "t servers corrupt fragment, cross-checksum, length or value",
			Server: liar(corrupt), Expect: twoRounds(Phantom),
		},
		{
			ID: "B6", Name: "spoilt-vector", Title: "t servers spoil the MACs of the candidate they report",
			Server: liar(spoilVector), Expect: but(only(3), Expectation{None: true}),
		},
		{
			ID: "B7", Name: "mutated-candidate", Title: "t servers report a timestamp with another nonce or another MAC",
			Server: liar(mutate), Expect: only(3),
		},
		{
			ID: "B8", Name: "ack-without-store", Title: "t servers acknowledge what they do not store",
			Server: forgetful, Expect: twoRounds(Stale),
		},
		{
			ID: "B9", Name: "malformed", Title: "t servers send malformed, unknown and oversized replies",
			Server: liar(malform), Expect: twoRounds(NoHarm),
		},
		{
			ID: "B10", Name: "filter-ack", Title: "t servers answer FILTER beside the question or without data",
			Server: liar(elsewhere), Expect: only(2),
		},
		{
			ID: "B11", Name: "equivocation", Title: "t servers tell some clients the truth and others the initial state",
			Server: equivocating, Expect: twoRounds(Stale),
		},
		{
			ID: "B12", Name: "too-many", Title: "t+1 servers attack: beyond what any of the protocols promises", Server: mixed, Liars: 1,
			Expect: map[string]Expectation{others: {Beyond: true}},
		},
		{
			ID: "R1", Name: "flood", Title: "a reader has servers filter bogus candidates", Reader: attacking(flood),
			Expect: but(only(2), Expectation{Harm: Growth, Rounds: 2}),
		},
		{
			ID: "R2", Name: "forged-write", Title: "a reader writes", Reader: forge,
			Expect: map[string]Expectation{pow1: {Rounds: 2}, mpow: {Rounds: 2}, mABD: {Harm: Phantom}},
		},
		{
			ID: "R3", Name: "early-write-back", Title: "a reader writes a candidate back to some servers before it is complete",
			Reader: attacking(early), Condition: Condition{WriterDies: 3}, Expect: only(2),
		},
		{
			ID: "R4", Name: "cross-key", Title: "a reader replays a candidate or value of one key under another",
			Reader: attacking(crossKey), Expect: map[string]Expectation{pow1: {Rounds: 2}, mpow: {Rounds: 2}, phx: {}, others: {None: true}},
		},
		{
			ID: "R5", Name: "personal-vectors", Title: "a reader gives each server a vector that only this server accepts",
			Reader: attacking(personal), Condition: Condition{WriterDies: 3},
			Expect: but(only(3), Expectation{None: true}),
		},
		{
			ID: "R6", Name: "too-many-candidates", Title: "a reader has servers filter more than S candidates",
			Reader: attacking(overflow), Expect: but(only(2), Expectation{None: true}),
		}, // there R1 is no less
		{
			ID: "W1", Name: "dies-storing", Title: "writers die when part of their data has left",
			Condition: Condition{WriterDies: 2}, Expect: map[string]Expectation{pow1: {Rounds: 2}, mpow: {Rounds: 2}},
		},
		{
			ID: "W2", Name: "dies-completing", Title: "writers die when one server has seen their COMPLETE",
			Condition: Condition{WriterDies: 3, Reaches: 1}, Expect: map[string]Expectation{pow1: {Rounds: 2}, mpow: {Rounds: 2}},
		},
		{
			ID: "W3", Name: "same-process-id", Title: "writers that died come back with their old process id (against D5)",
			Condition: Condition{WriterDies: 2, SamePID: true},
			Expect:    map[string]Expectation{pow1: {Harm: Stale, Beyond: true}, others: {Beyond: true}},
		},
		{ID: "N1", Name: "isolate-t", Title: "t servers are cut off for a while", Condition: Condition{Isolate: [2]int{1, 0}}},
		{
			ID: "N2", Name: "isolate-t+1", Title: "t+1 servers are cut off for a while: operations wait and go on",
			Condition: Condition{Isolate: [2]int{1, 1}},
		},
		{ID: "N3", Name: "unruly", Title: "messages come late, in another order and twice", Condition: Condition{Unruly: true}},
		{ID: "N5", Name: "resets", Title: "connections break in the middle of rounds", Condition: Condition{Resets: true}},
	}
}

// ByID finds an attack by its ID or name.
func ByID(id string) (Attack, error) {
	var ids []string
	for _, a := range Catalog() {
		if strings.EqualFold(a.ID, id) || a.Name == id {
			return a, nil
		}
		ids = append(ids, a.ID)
	}
	return Attack{}, fmt.Errorf("unknown attack %q: choose one of %s", id, strings.Join(ids, ", "))
}

// Against is the attacks that have a target in the protocol.
func Against(p protocols.Protocol) []Attack {
	return slices.DeleteFunc(Catalog(), func(a Attack) bool { return a.Expected(p).None })
}
