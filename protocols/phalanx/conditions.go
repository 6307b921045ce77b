package phalanx

import "github.com/powbench/powbench/protocols"

// forged is a condition of READs.
const forged protocols.Condition = "a higher timestamp whose signature does not verify"

// Conditions are those of READs that write back; the variants' differ.
func (p Protocol) Conditions() protocols.Conditions {
	if p.Variant == MetadataFirst {
		return nil
	}
	return protocols.Conditions{protocols.Disagree: "", forged: ""}
}
