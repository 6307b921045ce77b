// Package theorem executes Theorem A.1 of the paper: with at most 4t servers, t of them Byzantine, no robust atomic
// storage has WRITEs of one round and READs that write back no data ("selfish" ones, which modify metadata only).
//
// The proof runs a READ in two histories that its reader cannot tell apart. In the one it must return the value
// written, or a WRITE that has ended is missed; in the other it must not, or a later READ finds metadata of a value whose
// only holders are gone. FastSelfish is a family of such protocols, which differ in when they believe a value and in what
// they do without data. The tests play both histories on every member and find each to fail in one of them.
package theorem

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// A Policy is what a READ does that knows of a newer value but has no data of it.
type Policy string

// The policies.
const (
	Bottom Policy = "bottom" // it returns what it has
	Block  Policy = "block"  // it waits for more replies
)

// FastSelfish is a single-writer register on S = 3t + Last servers, S ≤ 4t, with signed data. A WRITE takes one round:
// PUT to all, S−t acknowledgements. A READ takes GET and a write-back: of the value's timestamp and hash only.
type FastSelfish struct {
	CrashOnly     bool // no server lies: block T2 is left out, and S = 2t + Last ≤ 3t
	Last          int  // the size of block T4, 1 to t
	Threshold     int  // θ: how many servers must report a value for a READ to believe it
	Policy        Policy
	WriteBackData bool // the control: a READ that is not selfish
}

var _ protocols.Protocol = FastSelfish{}

// Traits implements protocols.Protocol. A quorum is S−t servers.
func (f FastSelfish) Traits(t int) protocols.Traits {
	traits := protocols.Traits{
		Name: "fast-selfish", Variant: protocols.Paper, Title: "fast and selfish", Writers: protocols.One,
		Servers: 3*t + f.Last, LyingServers: t, LyingReaders: true,
		Read:  []protocols.Leg{{Reply: 1}, {}},
		Write: []protocols.Leg{{Request: 1}},
	}
	if f.CrashOnly {
		traits.Servers, traits.LyingServers, traits.LyingReaders = 2*t+f.Last, 0, false
	}
	if f.WriteBackData {
		traits.Read[1].Request = 1
	}
	traits.Quorum = traits.Servers - t
	return traits
}

// The kinds of messages.
const (
	kindPut protocols.Kind = iota + 1
	kindGet
	kindKnow
	kindAck
	kindGetAck
)

// The bodies; a value is the payload of Put and GetAck.
type (
	// Mark is what a READ writes back: that a value exists.
	Mark struct {
		TS   protocols.Timestamp
		Hash []byte
	}
	// Put stores a signed value.
	Put struct {
		Mark      Mark
		Signature []byte
	}
	// Get asks for what is stored and what is known.
	Get struct{}
	// GetAck answers Get.
	GetAck struct {
		Stored Put
		Known  Mark
	}
	// Know writes metadata back.
	Know struct {
		Mark Mark
	}
	// Ack answers Put and Know.
	Ack struct{}
)

// Kind implements protocols.Body.
func (*Put) Kind() protocols.Kind { return kindPut }

// Kind implements protocols.Body.
func (*Get) Kind() protocols.Kind { return kindGet }

// Kind implements protocols.Body.
func (*Know) Kind() protocols.Kind { return kindKnow }

// Kind implements protocols.Body.
func (*Ack) Kind() protocols.Kind { return kindAck }

// Kind implements protocols.Body.
func (*GetAck) Kind() protocols.Kind { return kindGetAck }

// NewBody implements protocols.Protocol.
func (FastSelfish) NewBody(kind protocols.Kind) protocols.Body {
	switch kind {
	case kindPut:
		return &Put{}
	case kindGet:
		return &Get{}
	case kindKnow:
		return &Know{}
	case kindAck:
		return &Ack{}
	case kindGetAck:
		return &GetAck{}
	}
	return nil
}

// signed is what a signature covers.
func signed(key protocols.Key, m Mark) []byte {
	b := binary.BigEndian.AppendUint64([]byte(key), m.TS.Num)
	return append(b, m.Hash...)
}

// server stores the newest value it was sent and the newest mark.
type server struct {
	suite    suite.Suite
	verifier suite.Verifier
	keyErr   error // why there is no verifier
}

// The records of a register.
const (
	recordValue = "value"
	recordKnown = "known"
)

// NewServer implements protocols.Protocol.
func (FastSelfish) NewServer(p protocols.ServerParams) protocols.Server {
	s := &server{suite: p.Suite}
	s.verifier, s.keyErr = p.Suite.Verifier(p.Keys.Public)
	return s
}

// Handle implements protocols.Server.
func (s *server) Handle(_ protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	now, value, err := load(state)
	if err = errors.Join(s.keyErr, err); err != nil {
		return protocols.Message{}, nil, err
	}
	switch m := request.Body.(type) {
	case *Put:
		genuine := bytes.Equal(m.Mark.Hash, s.suite.Hash(request.Payload)) &&
			s.verifier.Verify(signed(key, m.Mark), m.Signature)
		if !genuine {
			return protocols.Message{}, nil, fmt.Errorf("%w: no writer signed this value", protocols.ErrRefused)
		}
		return ack(recordValue, m, request.Payload, now.Stored.Mark.TS.Less(m.Mark.TS))
	case *Know:
		return ack(recordKnown, &m.Mark, nil, now.Known.TS.Less(m.Mark.TS))
	case *Get:
		return protocols.Message{Body: &now, Payload: value}, nil, nil
	}
	return protocols.Message{}, nil, fmt.Errorf("%w: a %T is no request", protocols.ErrRefused, request.Body)
}

// load is what the server stores and knows, zero where that is nothing.
func load(state protocols.StateReader) (now GetAck, value []byte, err error) {
	body, value, found, err := state.Get(recordValue)
	if err == nil && found {
		err = wire.Unmarshal(body, &now.Stored)
	}
	if err != nil {
		return now, nil, err
	}
	if body, found, err = state.Body(recordKnown); err == nil && found {
		err = wire.Unmarshal(body, &now.Known)
	}
	return now, value, err
}

// ack acknowledges, and stores what is newer.
func ack(name string, body any, payload []byte, newer bool) (protocols.Message, []protocols.Record, error) {
	reply := protocols.Message{Body: &Ack{}}
	if !newer {
		return reply, nil, nil
	}
	data, err := wire.Marshal(nil, body)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	return reply, []protocols.Record{{Name: name, Body: data, Payload: payload}}, nil
}
