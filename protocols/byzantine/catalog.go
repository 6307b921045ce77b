package byzantine

import (
	"fmt"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// Catalog is all attacks, as the playbooks have them: by servers (B), by readers (R), of writers that die (W) or lie (Z),
// and of the network (N). What is forged has a target only in the protocols whose playbook forges it.
func Catalog(books ...Playbook) []Attack {
	all := []Attack{
		{ID: "B0", Name: "everything", Title: "t servers attack in another way with every request", Server: mixed},
		{ID: "B1", Name: "silent", Title: "t servers answer nothing", Server: silent, Crash: true},
		{ID: "B2", Name: "stale", Title: "t servers answer from an old state", Server: stale},
		lies("B3", "bogus-candidate", "t servers report a value far ahead of all that was written"),
		lies("B4", "inflated-clock", "t servers report to WRITEs a timestamp far ahead"),
		lies("B5", "corrupt-data", "t servers corrupt fragment, cross-checksum, length or value"),
		lies("B6", "spoilt-vector", "t servers spoil the MACs of the candidate they report"),
		lies("B7", "mutated-candidate", "t servers report a timestamp with another nonce or another MAC"),
		{ID: "B8", Name: "ack-without-store", Title: "t servers acknowledge what they do not store", Server: forgetful},
		lies("B9", "malformed", "t servers send malformed, unknown and oversized replies"),
		lies("B10", "filter-ack", "t servers answer FILTER beside the question or without data"),
		{
			ID: "B11", Name: "equivocation", Title: "t servers tell some clients the truth and others the initial state",
			Server: equivocating,
		},
		{
			ID: "B12", Name: "too-many", Title: "t+1 servers attack: beyond what any of the protocols promises", Server: mixed,
			Liars: 1, Beyond: true,
		},
		{
			ID: "B13", Name: "twins", Title: "t servers are two honest ones under one name, each for some of the clients",
			Server: twoFaced, Virtual: true,
		},
		reads("R1", "flood", "a reader has servers filter bogus candidates", 0),
		{ID: "R2", Name: "forged-write", Title: "a reader writes", Reader: forge},
		reads("R3", "early-write-back", "a reader writes a candidate back to some servers before it is complete", 3),
		reads("R4", "cross-key", "a reader replays a candidate or value of one key under another", 0),
		reads("R5", "personal-vectors", "a reader gives each server a vector that only this server accepts", 3),
		reads("R6", "too-many-candidates", "a reader has servers filter more than S candidates", 0),
		under("W1", "dies-storing", "writers die when part of their data has left", Condition{WriterDies: 2}),
		under("W2", "dies-completing", "writers die when one server has seen their COMPLETE",
			Condition{WriterDies: 3, Reaches: 1}),
		{
			ID: "W3", Name: "same-process-id", Title: "writers that died come back with their old process id (against D5)",
			Condition: Condition{WriterDies: 2, SamePID: true}, Beyond: true,
		},
		{
			ID: poisonous, Name: "poisonous-write", Title: "a writer stores fragments of no value", Writer: poisoning, forged: true,
		},
		{ID: "Z2", Name: "two-values", Title: "a writer gives two values the same timestamp", Writer: equivocator},
		{ID: "Z3", Name: "skipped-timestamps", Title: "a writer skips to the last timestamps there are", Writer: skipping},
		{
			ID: "Z4", Name: "lurking-writes", Title: "a writer prepares WRITEs, which others publish when its key is revoked",
			Writer: lurking, Reader: publishing, Server: abetting, Lurks: true,
		},
		{
			ID: "Z5", Name: "partial-writes", Title: "a writer leaves out some servers in every round, and goes silent",
			Writer: partial, Crash: true,
		},
		{
			ID: uncertain, Name: "false-certificates", Title: "a writer shows certificates that are old or forged", Writer: swindling,
			forged: true,
		},
		under("N1", "isolate-t", "t servers are cut off for a while", Condition{Isolate: [2]int{1, 0}}),
		under("N2", "isolate-t+1", "t+1 servers are cut off for a while: operations wait and go on",
			Condition{Isolate: [2]int{1, 1}}),
		under("N3", "unruly", "messages come late, in another order and twice", Condition{Unruly: true}),
		under("N5", "resets", "connections break in the middle of rounds", Condition{Resets: true}),
	}
	byProtocol := map[string]Playbook{}
	for _, b := range books {
		byProtocol[b.Protocol] = b
	}
	for i, a := range all {
		all[i] = a.with(byProtocol)
	}
	return append(all, combinations(all)...)
}

// combinations are attacks by several at once: what one leaves half done another may abuse.
func combinations(all []Attack) []Attack {
	return []Attack{
		combined(all, "C1", "liars-and-deaths", "t servers attack in every way, and writers die completing", "B0", "W2"),
		combined(all, "C2", "equivocation-and-deaths", "t servers equivocate, and writers die completing", "B11", "W2"),
		combined(all, "C3", "liars-and-readers", "t servers attack in every way, and a reader writes back early", "B0", "R3"),
		combined(all, "C4", "lost-rounds", "connections break, and servers miss any round's requests of operations that ended", "N5"),
		combined(all, "C5", "liars-and-parts", "t servers attack in every way, and writers die when part of their data has left", "B0", "W1"),
	}
}

// combined is several attacks in one, in which requests of operations that ended are lost besides. What must come of it is
// what must come of any of them.
func combined(all []Attack, id, name, title string, parts ...string) Attack {
	a := Attack{ID: id, Name: name, Title: title, Virtual: true}
	var of []Attack
	for _, part := range parts {
		p, err := ByID(all, part)
		if err != nil {
			panic(err) // a mistake in this file, which any use shows
		}
		of = append(of, p)
		if p.Server != nil {
			a.Server = p.Server
		}
		if p.Reader != nil {
			a.Reader = p.Reader
		}
		if p.Condition != (Condition{}) {
			a.Condition = p.Condition
		}
	}
	a.Lost = true
	a.Expect = func(p protocols.Protocol) (Expectation, bool) {
		e := of[0].Expected(p)
		for _, other := range of[1:] {
			e = e.and(other.Expected(p))
		}
		return e, true
	}
	return a
}

// lies is an attack of servers that lie, as the playbook says or, if there is such a lie, as serves for any protocol.
func lies(id, name, title string) Attack {
	return Attack{ID: id, Name: name, Title: title, Server: liar(id), forged: generic()[id] == nil}
}

// reads is an attack of readers, as the playbook says, while writers die in the round.
func reads(id, name, title string, dies int) Attack {
	return Attack{ID: id, Name: name, Title: title, Reader: hostile(id), forged: true, Condition: Condition{WriterDies: dies}}
}

// under is an attack of the network, or of writers that die.
func under(id, name, title string, c Condition) Attack {
	return Attack{ID: id, Name: name, Title: title, Condition: c}
}

// ByID finds one of the attacks by its ID or name; the error for an unknown one lists those there are.
func ByID(attacks []Attack, id string) (Attack, error) {
	var ids []string
	for _, a := range attacks {
		if strings.EqualFold(a.ID, id) || a.Name == id {
			return a, nil
		}
		ids = append(ids, a.ID)
	}
	return Attack{}, fmt.Errorf("unknown attack %q: choose one of %s", id, strings.Join(ids, ", "))
}
