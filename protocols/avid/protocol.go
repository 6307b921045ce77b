// Package avid is the register of C. Cachin and S. Tessaro, "Optimal resilience for erasure-coded Byzantine distributed
// storage", DSN 2006: for any number of readers and writers, on S = 3t+1 servers of which t may lie, and writers may lie
// too. Servers send one another what they got, so that either all correct ones come to have a fragment of one value or
// none has: asynchronous verifiable information dispersal (AVID, server.go).
//
// A WRITE takes two rounds: GET_TS learns a timestamp, DISPERSE sends each server its fragment and is answered once the
// server has heard from enough others (writer.go). A READ takes one if S−t servers are alike; else it listens, and the
// servers send it every version that they come to have, until so many are alike (reader.go).
//
// In the variant fp, after J. Hendricks, G. Ganger and M. Reiter, "Verifying distributed erasure-coded data", PODC 2007,
// servers send one another fingerprinted cross-checksums, and no fragments.
//
// It is reconstructed: where the publication was not at hand a tag U1 … U6 marks what was chosen; docs/protocols.md gives
// the reasons.
//
// It imports the model, wire, dispersal, fingerprint, versions, kept and suite; tests import it.
package avid

import (
	"errors"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// Protocol is AVID. With Fingerprints it is the variant fp.
type Protocol struct{ Fingerprints bool }

var _ protocols.Protocol = Protocol{}

// Traits implements protocols.Protocol: S = 3t+1 servers, of which S−t = 2t+1 are a quorum and t may lie. A fragment of
// 1/(t+1) of the value goes to each in DISPERSE, or comes from each in a READ. Each server sends it to every other one
// at most twice, as ECHO and as READY; the fingerprinted variant sends no fragments there.
func (p Protocol) Traits(t int) protocols.Traits {
	fragment := 1 / float64(dispersal.Data(t))
	is := protocols.Traits{
		Name: "avid", Variant: protocols.Paper, Title: "AVID",
		Servers: dispersal.Total(t), Quorum: 2*t + 1, LyingServers: t, LyingReaders: true, LyingWriters: true, Peers: true, Repairs: true,
		Read:  []protocols.Leg{{Reply: fragment}},
		Write: []protocols.Leg{{}, {Request: fragment, Between: 2 * float64(dispersal.Total(t)-1) * fragment}},
	}
	if p.Fingerprints {
		is.Variant, is.Title, is.Write[1].Between = "fp", "AVID-FP", 0
	}
	return is
}

// NewServer implements protocols.Protocol.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server {
	return &server{params: p.params(s.T, s.Suite), index: s.Index}
}

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	return &register{
		params: p.params(c.T, c.Suite), pid: c.PID, readOnly: c.CheckWriter(), clocks: protocols.NewClocks(c.After), entropy: c.Entropy,
	}
}

func (p Protocol) params(t int, s suite.Suite) params {
	return params{t: t, is: p.Traits(t), suite: s, data: dispersal.Coded(t, s), fingerprints: p.Fingerprints}
}

// params is what both ends know.
type params struct {
	t            int
	is           protocols.Traits
	suite        suite.Suite
	data         dispersal.Scheme
	fingerprints bool
}

// register is a client's end.
type register struct {
	params
	pid      uint64
	readOnly error // why this client cannot write, if it cannot
	clocks   protocols.Clocks
	entropy  io.Reader
}

// listenerBytes is the length of a listener's name. It is drawn at random, so that nobody else can end the listening.
const listenerBytes = 16

// listener draws a name.
func (r *register) listener() ([]byte, error) {
	name := make([]byte, listenerBytes)
	_, err := io.ReadFull(r.entropy, name)
	return name, err
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	err := protocols.CheckKey(key)
	if err != nil {
		return protocols.Failed(err)
	}
	return &read{Phase: r.is.NewPhase(), params: r.params, mem: mem, register: r}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	if err := errors.Join(r.readOnly, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(err)
	}
	fragments, check, err := r.encode(value, mem)
	if err != nil {
		return protocols.Failed(err)
	}
	return &write{
		Phase: r.is.NewPhase(), params: r.params, register: r, clock: r.clocks.Of(key), fragments: fragments, check: check,
		told: make([]*protocols.Timestamp, r.is.Servers), latest: make([]protocols.Timestamp, r.is.Servers),
	}
}
