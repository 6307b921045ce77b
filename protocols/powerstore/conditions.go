package powerstore

import "github.com/powbench/powbench/protocols"

// The conditions of READs.
const (
	noCandidate protocols.Condition = "COLLECT: no candidate"
	several     protocols.Condition = "COLLECT: candidates of several timestamps"
	excluded    protocols.Condition = "FILTER: a candidate excluded"
	allExcluded protocols.Condition = "FILTER: all candidates excluded"
	notSafe     protocols.Condition = "FILTER: a quorum, and the highest candidate is not safe"
)

// Conditions are those of the protocol's operations.
func (Protocol) Conditions() protocols.Conditions {
	return protocols.Conditions{
		protocols.LateReply: "", noCandidate: "", several: "", excluded: "", allExcluded: "", notSafe: "",
	}
}
