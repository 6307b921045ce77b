// Package gv is the row [15] of the paper's Table 3: D. Dobre, R. Guerraoui, M. Majuntke, N. Suri and M. Vukolić, "The
// complexity of robust atomic storage", PODC 2011, whose storage is the regular register of Guerraoui and Vukolić (PODC
// 2006) made atomic: one such register for the writer and one for each reader, which writes back into its own. It has one
// writer a key and S = 3t+1 servers, t of which may lie; nothing is signed or hashed. Readers must be honest.
//
// A WRITE takes two rounds (store.go): PRE_WRITE brings the value, WRITE tells that a quorum has it. A READ takes four:
// LOOK and SHOW read all registers (reader.go; candidates.go has the rules), and a write-back takes the WRITE's two.
// server.go is the server, package history what it keeps.
//
// It is reconstructed: conditions are derived, not quoted, and a tag U1 … U6 marks what was chosen; docs/protocols.md gives
// the algorithm, its argument and the reasons.
//
// It imports the model, wire and history; its attacks, catalog and tests import it.
package gv

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/gv/history"
)

// Protocol is the register.
type Protocol struct {
	limits // other ones than those below, for tests
}

var _ protocols.Protocol = Protocol{}

// The limits of a server (U3, U6).
const (
	// DefaultWindow is how many WRITEs before the last one that is known to be complete a server remembers.
	DefaultWindow = 256
	// MaxReaders is how many readers may have a register of a key at once.
	MaxReaders = 256
)

// limits are the limits of a server; zero ones are the constants.
type limits struct{ window, readers uint64 }

// Traits implements protocols.Protocol: S = 3t+1 servers, of which t may lie and S−t = 2t+1 are a quorum. The value goes to
// each in PRE_WRITE, also when a READ writes it back, and comes from each in LOOK; SHOW brings none if nobody interferes.
func (Protocol) Traits(t int) protocols.Traits {
	return protocols.Traits{
		Name: "gv", Variant: protocols.Paper, Title: "GV", Writers: protocols.One,
		Servers: 3*t + 1, Quorum: 2*t + 1, LyingServers: t,
		Read:  []protocols.Leg{{Reply: 1}, {}, {Request: 1}, {}},
		Write: []protocols.Leg{{Request: 1}, {}}, Repairs: true,
	}
}

// NewServer implements protocols.Protocol. All servers are alike.
func (p Protocol) NewServer(s protocols.ServerParams) protocols.Server { return server{p.params(s.T)} }

// NewRegister implements protocols.Protocol.
func (p Protocol) NewRegister(c protocols.ClientParams) protocols.Register {
	if c.Issued == nil {
		c.Issued = protocols.Remembered{}
	}
	return &client{
		params: p.params(c.T), pid: c.PID, readOnly: c.CheckWriter(), issued: c.Issued,
		complete: map[protocols.Key]uint64{}, numbers: map[protocols.Key]uint64{},
	}
}

func (p Protocol) params(t int) params {
	return params{t: t, is: p.Traits(t), limits: limits{
		window: cmp.Or(p.window, DefaultWindow), readers: cmp.Or(p.readers, MaxReaders),
	}}
}

// params is what both ends know.
type params struct {
	t  int
	is protocols.Traits
	limits
}

// client is a client's end.
type client struct {
	params
	pid      uint64
	readOnly error // why this client cannot write, if it cannot
	issued   protocols.Issued
	complete map[protocols.Key]uint64 // the last WRITE of this client that is complete
	numbers  map[protocols.Key]uint64 // of the rounds of this client's READs: LOOK has an even one, SHOW the next
}

// Read implements protocols.Register.
func (c *client) Read(key protocols.Key, _ protocols.Memory) protocols.Operation {
	err := protocols.CheckKey(key)
	if c.pid == 0 {
		err = errors.Join(err, errors.New("process id 0 is the writer's register: give each reader its own, from 1"))
	}
	if err != nil {
		return protocols.Failed(fmt.Errorf("read: %w", err))
	}
	c.numbers[key] += 2
	return newRead(c.params, c.pid, c.numbers[key])
}

// Write implements protocols.Register.
func (c *client) Write(key protocols.Key, value []byte, _ protocols.Memory) protocols.Operation {
	if err := errors.Join(c.readOnly, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(fmt.Errorf("write: %w", err))
	}
	return &write{client: c, key: key, store: newStore(c.params, history.Writer, value)}
}
