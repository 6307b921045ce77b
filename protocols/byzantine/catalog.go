package byzantine

import (
	"fmt"
	"strings"
)

// Catalog is all attacks, as the playbooks have them: by servers (B), by readers (R), of writers that die (W), and of
// the network (N). What is forged has a target only in the protocols whose playbook forges it.
func Catalog(books ...Playbook) []Attack {
	all := []Attack{
		{ID: "B0", Name: "everything", Title: "t servers attack in another way with every request", Server: mixed},
		{ID: "B1", Name: "silent", Title: "t servers answer nothing", Server: silent, Crash: true},
		{ID: "B2", Name: "stale", Title: "t servers answer from an old state", Server: stale},
		{
			ID: "B3", Name: "bogus-candidate", Title: "t servers report a value far ahead of all that was written",
			Server: liar("B3"),
		},
		{
			ID: "B4", Name: "inflated-clock", Title: "t servers report to WRITEs a timestamp far ahead",
			Server: liar("B4"), forged: true,
		},
		{
			ID: "B5", Name: "corrupt-data", Title: "t servers corrupt fragment, cross-checksum, length or value",
			Server: liar("B5"),
		},
		{
			ID: "B6", Name: "spoilt-vector", Title: "t servers spoil the MACs of the candidate they report",
			Server: liar("B6"), forged: true,
		},
		{
			ID: "B7", Name: "mutated-candidate", Title: "t servers report a timestamp with another nonce or another MAC",
			Server: liar("B7"), forged: true,
		},
		{ID: "B8", Name: "ack-without-store", Title: "t servers acknowledge what they do not store", Server: forgetful},
		{
			ID: "B9", Name: "malformed", Title: "t servers send malformed, unknown and oversized replies",
			Server: liar("B9"),
		},
		{
			ID: "B10", Name: "filter-ack", Title: "t servers answer FILTER beside the question or without data",
			Server: liar("B10"), forged: true,
		},
		{
			ID: "B11", Name: "equivocation", Title: "t servers tell some clients the truth and others the initial state",
			Server: equivocating,
		},
		{
			ID: "B12", Name: "too-many", Title: "t+1 servers attack: beyond what any of the protocols promises", Server: mixed,
			Liars: 1, Beyond: true,
		},
		{
			ID: "R1", Name: "flood", Title: "a reader has servers filter bogus candidates", Reader: hostile("R1"),
			forged: true,
		},
		{ID: "R2", Name: "forged-write", Title: "a reader writes", Reader: forge},
		{
			ID: "R3", Name: "early-write-back", Title: "a reader writes a candidate back to some servers before it is complete",
			Reader: hostile("R3"), Condition: Condition{WriterDies: 3}, forged: true,
		},
		{
			ID: "R4", Name: "cross-key", Title: "a reader replays a candidate or value of one key under another",
			Reader: hostile("R4"), forged: true,
		},
		{
			ID: "R5", Name: "personal-vectors", Title: "a reader gives each server a vector that only this server accepts",
			Reader: hostile("R5"), Condition: Condition{WriterDies: 3}, forged: true,
		},
		{
			ID: "R6", Name: "too-many-candidates", Title: "a reader has servers filter more than S candidates",
			Reader: hostile("R6"), forged: true,
		},
		{
			ID: "W1", Name: "dies-storing", Title: "writers die when part of their data has left",
			Condition: Condition{WriterDies: 2},
		},
		{
			ID: "W2", Name: "dies-completing", Title: "writers die when one server has seen their COMPLETE",
			Condition: Condition{WriterDies: 3, Reaches: 1},
		},
		{
			ID: "W3", Name: "same-process-id", Title: "writers that died come back with their old process id (against D5)",
			Condition: Condition{WriterDies: 2, SamePID: true}, Beyond: true,
		},
		{ID: "N1", Name: "isolate-t", Title: "t servers are cut off for a while", Condition: Condition{Isolate: [2]int{1, 0}}},
		{
			ID: "N2", Name: "isolate-t+1", Title: "t+1 servers are cut off for a while: operations wait and go on",
			Condition: Condition{Isolate: [2]int{1, 1}},
		},
		{ID: "N3", Name: "unruly", Title: "messages come late, in another order and twice", Condition: Condition{Unruly: true}},
		{ID: "N5", Name: "resets", Title: "connections break in the middle of rounds", Condition: Condition{Resets: true}},
	}
	byProtocol := map[string]Playbook{}
	for _, b := range books {
		byProtocol[b.Protocol] = b
	}
	for i, a := range all {
		all[i] = a.with(byProtocol)
	}
	return all
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
