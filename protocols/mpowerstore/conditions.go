package mpowerstore

import "github.com/powbench/powbench/protocols"

// The conditions of operations.
const (
	NoCandidate protocols.Condition = "COLLECT: no candidate"
	Twins       protocols.Condition = "COLLECT: two candidates of one timestamp"
	Excluded    protocols.Condition = "FILTER: a candidate excluded"
	AllExcluded protocols.Condition = "FILTER: all candidates excluded"
	NoEntry     protocols.Condition = "FILTER: a server convinced of a candidate without its entry"
	NotSafe     protocols.Condition = "FILTER: a quorum, and the highest candidate is not safe"
	Unproven    protocols.Condition = "FILTER: an entry that no candidate of its timestamp fits"
	ThirdRound  protocols.Condition = "a third round"
	Unissued    protocols.Condition = "CLOCK: a timestamp that no WRITE issued"
	OwnClock    protocols.Condition = "CLOCK: this client's last timestamp is above a quorum's"
)

// Conditions are those of the protocol's operations; the variants' differ.
func (p Protocol) Conditions() protocols.Conditions {
	if p.Variant != nil {
		return nil
	}
	return protocols.Conditions{
		protocols.LateReply: "", NoCandidate: "", Twins: "", Excluded: "", AllExcluded: "", NoEntry: "", NotSafe: "", Unproven: "",
		ThirdRound: "", Unissued: "",
		OwnClock: "t+1 servers must lie: else one of any quorum is correct and has stored this client's last WRITE",
	}
}
