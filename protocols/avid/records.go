package avid

import (
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// A server's records: the register (package kept), and of each dispersal the votes and, until the version is superseded, the
// fragments. The votes of one that ended stay, as a few bytes that say so (U5).

func recordVotes(t Time) string { return "votes/" + t.String() }

func recordFragments(t Time) string { return "fragments/" + t.String() }

// maxWaiting is how many connections of clients wait for one dispersal (U6).
const maxWaiting = 4

// votes is the record of a dispersal's votes.
type votes struct {
	Echoes, Readies []bool             // by server, those that came; nil for none
	Sent            bool               // this server's READY
	Waiting         []protocols.Ticket // of writers that wait for the end
	Right, Wrong    bool               // the fragments are of a value, or of none
	Ended           bool
}

// fragments is the record of a dispersal's fragments, which are its payload, one after the other. Those of a dispersal
// that is Right are the server's own alone.
type fragments struct {
	Check Checksum
	Of    []uint64 // servers
}

// version is the reply with the version of that time, or without one.
func version(t Time, state protocols.StateReader) (m protocols.Message, err error) {
	if t.TS.IsZero() {
		return protocols.Message{Body: &Version{}}, nil
	}
	var f fragments
	fragment, _, err := wire.ReadRecord(state, recordFragments(t), &f)
	return protocols.Message{Body: &Version{TS: t.TS, Check: f.Check}, Payload: fragment}, err
}
