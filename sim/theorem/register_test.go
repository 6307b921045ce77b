// Package theorem executes Theorem A.1 of the paper: with at most 4t servers, t of them Byzantine, no robust atomic
// storage has WRITEs of one round and READs that write back no data ("selfish" ones, which modify metadata only).
//
// The proof runs a READ in two histories that its reader cannot tell apart. In one it must return the value written, or
// a WRITE that has ended is missed; in the other it must not, or a later READ finds metadata of a value whose only
// holders are gone. FastSelfish is a family of such protocols, which differ in when they believe a value and in what
// they do without data. The tests play both histories on every member and find each to fail in one of them. Only they
// use the package.
package theorem

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/protocols/wire"
)

// A Policy says what a READ does that knows of a newer value but has no data of it.
type Policy string

// The policies.
const (
	Bottom Policy = "bottom" // it returns what it has
	Block  Policy = "block"  // it waits for more replies
)

// FastSelfish is a single-writer register on S = 3t + Last servers, S ≤ 4t, with signed data. A WRITE takes one round:
// PUT to all, S−t acknowledgements. A READ takes GET and a write-back, of the value's timestamp and hash only.
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
	// Know writes metadata back.
	Know struct{ Mark Mark }
	// Ack answers Put and Know.
	Ack struct{}
	// GetAck answers Get.
	GetAck struct {
		Stored Put
		Known  Mark
	}
)

// Kind implements protocols.Body.
func (*Put) Kind() protocols.Kind { return 1 }

// Kind implements protocols.Body.
func (*Get) Kind() protocols.Kind { return 2 }

// Kind implements protocols.Body.
func (*Know) Kind() protocols.Kind { return 3 }

// Kind implements protocols.Body.
func (*Ack) Kind() protocols.Kind { return 4 }

// Kind implements protocols.Body.
func (*GetAck) Kind() protocols.Kind { return 5 }

var newBody = wire.Bodies(&Put{}, &Get{}, &Know{}, &Ack{}, &GetAck{})

// NewBody implements protocols.Protocol.
func (FastSelfish) NewBody(kind protocols.Kind) protocols.Body { return newBody(kind) }

// A seal makes and checks what a writer signs: that a value belongs to a key and a timestamp.
type seal struct {
	suite    suite.Suite
	verifier suite.Verifier
	err      error // why there is no verifier
}

func newSeal(s suite.Suite, public []byte) seal {
	verifier, err := s.Verifier(public)
	return seal{s, verifier, err}
}

// genuine reports whether a writer signed the value for the key.
func (s seal) genuine(key protocols.Key, p Put, value []byte) bool {
	return bytes.Equal(p.Mark.Hash, s.suite.Hash(value)) && s.verifier.Verify(signed(key, p.Mark), p.Signature)
}

// signed is what a signature covers.
func signed(key protocols.Key, m Mark) []byte {
	return append(binary.BigEndian.AppendUint64([]byte(key), m.TS.Num), m.Hash...)
}

// server stores the newest value it was sent and the newest mark, as the records "value" and "known".
type server struct{ seal }

// NewServer implements protocols.Protocol.
func (FastSelfish) NewServer(p protocols.ServerParams) protocols.Server {
	return &server{newSeal(p.Suite, p.Keys.Public)}
}

// Handle implements protocols.Server.
func (s *server) Handle(_ protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	var now GetAck
	value, _, err := wire.ReadRecord(state, "value", &now.Stored)
	_, known := wire.ReadBody(state, "known", &now.Known)
	if err = errors.Join(s.err, err, known); err != nil {
		return protocols.Message{}, nil, err
	}
	reply := protocols.Message{Body: &Ack{}}
	var records []protocols.Record
	switch m := request.Body.(type) {
	case *Put:
		if !s.genuine(key, *m, request.Payload) {
			return protocols.Message{}, nil, fmt.Errorf("%w: no writer signed this value", protocols.ErrRefused)
		}
		if now.Stored.Mark.TS.Less(m.Mark.TS) {
			records, err = wire.AddRecord(nil, "value", m, request.Payload)
		}
	case *Know:
		if now.Known.TS.Less(m.Mark.TS) {
			records, err = wire.AddRecord(nil, "known", &m.Mark, nil)
		}
	case *Get:
		reply = protocols.Message{Body: &now, Payload: value}
	default:
		return protocols.Refuse(request)
	}
	return reply, records, err
}

// register is a client's end.
type register struct {
	FastSelfish
	protocols.ClientParams
	seal
	traits protocols.Traits
	signer suite.Signer
	issued uint64
}

// NewRegister implements protocols.Protocol.
func (f FastSelfish) NewRegister(p protocols.ClientParams) protocols.Register {
	r := &register{FastSelfish: f, ClientParams: p, seal: newSeal(p.Suite, p.Keys.Public), traits: f.Traits(p.T)}
	if r.err == nil && p.Keys.IsWriter() {
		r.signer, r.err = p.Suite.Signer(p.Keys.Private)
	}
	return r
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, _ protocols.Memory) protocols.Operation {
	if r.err != nil {
		return protocols.Failed(r.err)
	}
	r.issued++
	put := &Put{Mark: Mark{TS: protocols.Timestamp{Num: r.issued, PID: r.PID}, Hash: r.suite.Hash(value)}}
	var err error
	if put.Signature, err = r.signer.Sign(r.Entropy, signed(key, put.Mark)); err != nil {
		return protocols.Failed(err)
	}
	return &write{Phase: r.traits.NewPhase(), put: put, value: value}
}

// write is a WRITE in progress: one round.
type write struct {
	protocols.Phase
	put   *Put
	value []byte
}

// Start implements protocols.Operation.
func (w *write) Start() protocols.Broadcast {
	return w.Begin(protocols.Message{Body: w.put, Payload: w.value}).Next
}

// Answer implements protocols.Operation: S−t acknowledgements end the WRITE.
func (w *write) Answer(_, _ int, reply protocols.Message) protocols.Step {
	if _, ok := reply.Body.(*Ack); !ok {
		return protocols.Wait()
	}
	return w.Acknowledged()
}

// Result implements protocols.Operation.
func (w *write) Result() (protocols.Result, error) {
	return protocols.Result{Timestamp: w.put.Mark.TS}, nil
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, _ protocols.Memory) protocols.Operation {
	if r.err != nil {
		return protocols.Failed(r.err)
	}
	return &read{register: r, Phase: r.traits.NewPhase(), key: key}
}

// read is a READ in progress.
type read struct {
	*register
	protocols.Phase
	key     protocols.Key
	replies []reply
	found   reply
}

// reply is what a server said: what it stores, if a writer signed that, and what it knows of.
type reply struct {
	GetAck
	value []byte
}

// Start implements protocols.Operation.
func (r *read) Start() protocols.Broadcast { return r.Begin(protocols.Message{Body: &Get{}}).Next }

// Answer implements protocols.Operation.
func (r *read) Answer(_, _ int, m protocols.Message) protocols.Step {
	switch body := m.Body.(type) {
	case *Ack:
		if r.Round == 2 {
			return r.Acknowledged()
		}
	case *GetAck:
		if r.Round == 1 {
			return r.learn(reply{*body, m.Payload})
		}
	}
	return protocols.Wait()
}

// learn takes a server's reply, and decides once S−t of them are there.
func (r *read) learn(a reply) protocols.Step {
	if a.Stored.Mark.TS.IsZero() || !r.genuine(r.key, a.Stored, a.value) {
		a.Stored, a.value = Put{}, nil
	}
	if r.replies = append(r.replies, a); !r.Quorum() {
		return protocols.Wait()
	}
	r.found = r.believed()
	if r.Policy == Block && r.found.Stored.Mark.TS.Less(r.known()) {
		return protocols.Wait()
	}
	if r.found.Stored.Mark.TS.IsZero() {
		return protocols.Done()
	}
	if r.WriteBackData {
		return r.Begin(protocols.Message{Body: &r.found.Stored, Payload: r.found.value})
	}
	return r.Begin(protocols.Message{Body: &Know{Mark: r.found.Stored.Mark}})
}

// believed is the newest value that θ servers report.
func (r *read) believed() (newest reply) {
	stored := func(a reply) protocols.Timestamp { return a.Stored.Mark.TS }
	for _, a := range r.replies {
		if r.count(stored, a) >= r.Threshold && stored(newest).Less(stored(a)) {
			newest = a
		}
	}
	return newest
}

// known is the newest timestamp that a correct server knows of for sure: t+1 report it, or one where none lies.
func (r *read) known() (newest protocols.Timestamp) {
	known := func(a reply) protocols.Timestamp { return a.Known.TS }
	for _, a := range r.replies {
		if r.count(known, a) > r.traits.LyingServers && newest.Less(known(a)) {
			newest = known(a)
		}
	}
	return newest
}

// count is the number of replies in which ts is as in a.
func (r *read) count(ts func(reply) protocols.Timestamp, a reply) (n int) {
	for _, b := range r.replies {
		if ts(a).Equal(ts(b)) {
			n++
		}
	}
	return n
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	return protocols.Found(r.found.Stored.Mark.TS, bytes.Clone(r.found.value)), nil
}
