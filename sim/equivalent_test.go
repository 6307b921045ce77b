package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/catalog"
)

// placeOf names a mutant so that its name stays when lines move.
func placeOf(m result.Mutant) string { return fmt.Sprintf("%s %s: %s", m.File, m.Function, m.Mistake) }

// equivalent are the mutants that no test can notice, by their places, with the reason why they make no difference to what a
// protocol does.
var equivalent = map[string]string{
	"protocols/mpowerstore/reader.go Restore: r.err != nil || intact → (intact)": "Decode fails only on fewer right fragments than " +
		"Safe returns; a READ that went on would end with the error after REPAIR.",
	"protocols/mpowerstore/reader.go choose: !c.TS.Equal(entry.TS.Timestamp) || !r.proof.Fits(entry, c.Nonce) → (!r.proof.Fits(entry, c.Nonce))": "Of the " +
		"servers that sent the entry a correct one has found a candidate of the set valid, which has the entry's timestamp and nonce. " +
		"Any other candidate that fits has the same nonce, and what is returned and repaired is the entry's.",
	"protocols/mpowerstore/server.go complete: err != nil || !valid → (!valid)": "valid is false if there is an error.",
	"protocols/mpowerstore/server.go repair: err != nil || !valid → (!valid)":   "valid is false if there is an error.",
	"protocols/mpowerstore/server.go repair: err != nil || !lc.TS.Less(c.TS.Timestamp) → (err != nil)": "writeBack stores only what is higher " +
		"than lc; asked first, it spares the server the look into its history.",
	"protocols/mpowerstore/server.go filter: err != nil || hv.TS.IsZero() → (err != nil)": "Of c0 no entry is found, and it is not higher " +
		"than lc: the answer is the same, after a look.",
	"protocols/pasis/reader.go forgot: t.Compare(l.horizon) < 0 → t.Compare(l.horizon) <= 0": "A horizon is a time that the server told, which " +
		"counts as heard, or the candidate, which is not behind itself.",
	"protocols/pasis/reader.go Answer: r.missing > 0 → r.missing >= 0":                          "Only a repair waits for acknowledgements and sets their number first; a number below zero ends nothing.",
	"protocols/pasis/reader.go learn: r.candidate.Compare(t) < 0 → r.candidate.Compare(t) <= 0": "It is set to what it is.",
	"protocols/pasis/reader.go restore: err != nil || !check.Equal(cc) → (!check.Equal(cc))": "With an error comes an empty cross-checksum, " +
		"which is no version's.",
	"protocols/bftbc/certificates.go announced: len(m.Public) != j.suite.PublicKeySize() || !j.Once(credible, id, m.Public, m.Credential) → " +
		"(!j.Once(credible, id, m.Public, m.Credential))": "No scheme has a verifier for a key of another length; the length says first what the " +
		"hash of both parts is of.",
	"protocols/bftbc/reader.go Answer: round == 2 && len(body.Signature) == r.suite.SignatureSize() → (len(body.Signature) == r.suite.SignatureSize())": "" +
		"Only a write-back waits for acknowledgements and sets their number first; a number below zero ends nothing.",
	"protocols/loft/proof.go valid: len(mac) > 0 && v.pairs[i].Verify(mac, vouched(key, t, i)...) → (v.pairs[i].Verify(mac, vouched(key, t, i)...))": "" +
		"No MAC is empty; asked first, it spares the server the computing.",
	"protocols/loft/proof.go valid: len(mac) > 0 → len(mac) >= 0":                                   "No MAC is empty.",
	"protocols/loft/reader.go tell: r.told[server].Compare(t) < 0 → r.told[server].Compare(t) <= 0": "It is set to what it is.",
	"protocols/loft/reader.go next: t.Compare(latest.time) > 0 → t.Compare(latest.time) >= 0": "The latest is a choice already, and is tried " +
		"again to no effect.",
	"protocols/loft/server.go prepare: err != nil || t.Equal(now.Committed) → (t.Equal(now.Committed))": "A checksum that has been decoded can be encoded.",
	"protocols/loft/server.go read: m.Bare || !holds → (m.Bare)":                                        "Of a version that it does not hold the server finds no record to send.",
	"protocols/loft/writer.go commit: w.Round == w.prepared && rows < w.is.Quorum → (rows < w.is.Quorum)": "COMMIT begins with the rows of a quorum, " +
		"and none of them goes.",
	"protocols/loft/writer.go latest: below < 0 → below <= 0": "The first is the highest, and lower than none.",
	"protocols/loft/writer.go latest: below < 0 || len(committed)-below < 2*w.t+1 → (len(committed)-below < 2*w.t+1)": "If none is lower, all have " +
		"prepared as much at least, and it was believed.",
	"protocols/gv/candidates.go agreed: rest != nil || i == k → (rest != nil)": "Of a server that contradicts itself the same is tried twice.",
	"protocols/gv/reader.go Answer: !isView || round > r.Round → (!isView)":    "No driver hands over a reply to a round that has not begun.",
	"protocols/gv/server.go handle: err == nil && !bytes.Equal(before, after) → (!bytes.Equal(before, after))": "A history can be encoded, and " +
		"with an error nothing is stored.",
	"protocols/gv/server.go show: r.Number <= m.Number → r.Number < m.Number":            "The number of LOOK is even, and what a SHOW leaves is odd.",
	"protocols/gv/store.go Start: err == nil && !issuable(last+1) → (!issuable(last+1))": "With an error the WRITE fails either way.",
	"protocols/avid/dispersal.go count: counts && !(*votes)[server] → (counts)": "Of a vote that comes again the server finds the dispersal " +
		"noted and the fragment held.",
	"protocols/avid/dispersal.go hear: voters > d.t || d.votes.Echoes[d.index] || d.votes.Readies[d.index] → (voters > d.t || d.votes.Echoes[d.index])": "A server sends READY only when more than t have spoken.",
	"protocols/avid/dispersal.go end: d.time.Compare(d.register.Time) > 0 → d.time.Compare(d.register.Time) >= 0":                                       "A dispersal ends once, and is the server's version only then.",
	"protocols/avid/dispersal.go keepChecksum: !d.fingerprints || d.stored → (!d.fingerprints)":                                                         "What is to be stored is not there yet; asked first, it spares a look.",
	"protocols/avid/dispersal.go keepChecksum: !d.fingerprints || d.stored → (!d.fingerprints && d.stored)":                                             "As without either side: more looks, and what comes of them is the same.",
	"protocols/avid/dispersal.go keepChecksum: !d.fingerprints || d.stored → (d.stored)":                                                                "Without fingerprints no dispersal ends before its fragment is there; asked first, it spares a look.",
}

// What is said to make no difference is a mistake that rules still make: else the reason is of code that is gone.
func TestEquivalentMutants(t *testing.T) {
	places := map[string]int{}
	for _, name := range catalog.Names() {
		for _, file := range filesOf(t, name) {
			for _, m := range mutantsOf(t, file) {
				places[placeOf(result.Mutant{File: strings.TrimPrefix(file, "../"), Function: m.Function, Mistake: m.Mistake()})]++
			}
		}
	}
	for place := range equivalent {
		if places[place] != 1 {
			t.Errorf("%d mutants are %q, want one", places[place], place)
		}
	}
}
