package mabd

import "github.com/powbench/powbench/protocols"

// Conditions are those of READs that write back; the variants' differ.
func (p Protocol) Conditions() protocols.Conditions {
	if p.Variant == MetadataFirst {
		return nil
	}
	return protocols.Conditions{protocols.Disagree: ""}
}
