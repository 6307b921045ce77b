package theorem

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// register is a client's end.
type register struct {
	FastSelfish
	protocols.ClientParams
	verifier suite.Verifier
	signer   suite.Signer
	err      error
	issued   uint64
}

// NewRegister implements protocols.Protocol.
func (f FastSelfish) NewRegister(p protocols.ClientParams) protocols.Register {
	r := &register{FastSelfish: f, ClientParams: p}
	if r.verifier, r.err = p.Suite.Verifier(p.Keys.Public); r.err == nil && p.Keys.IsWriter() {
		r.signer, r.err = p.Suite.Signer(p.Keys.Private)
	}
	return r
}

func (r *register) servers() int { return r.Traits(r.T).Servers }
func (r *register) quorum() int  { return r.Traits(r.T).Quorum }

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, _ protocols.Memory) protocols.Operation {
	if r.err != nil {
		return protocols.Failed(r.err)
	}
	r.issued++
	put := &Put{Mark: Mark{TS: protocols.Timestamp{Num: r.issued, PID: r.PID}, Hash: r.Suite.Hash(value)}}
	var err error
	if put.Signature, err = r.signer.Sign(r.Entropy, signed(key, put.Mark)); err != nil {
		return protocols.Failed(err)
	}
	return &write{register: r, put: put, value: value}
}

// write is a WRITE in progress: one round.
type write struct {
	*register
	put   *Put
	value []byte
	acks  int
}

// Start implements protocols.Operation.
func (w *write) Start() protocols.Broadcast {
	return protocols.ToAll(w.servers(), protocols.Message{Body: w.put, Payload: w.value})
}

// Answer implements protocols.Operation: S−t acknowledgements end the WRITE.
func (w *write) Answer(_, _ int, reply protocols.Message) protocols.Step {
	if _, ok := reply.Body.(*Ack); ok {
		w.acks++
	}
	if w.acks < w.quorum() {
		return protocols.Wait()
	}
	return protocols.Done()
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
	return &read{register: r, key: key}
}

// read is a READ in progress.
type read struct {
	*register
	key     protocols.Key
	replies []reply
	back    bool // the write-back has begun
	acks    int
	found   reply
}

// reply is what a server said: what it stores, if a writer signed that, and what it knows of.
type reply struct {
	GetAck
	value []byte
}

// Start implements protocols.Operation.
func (r *read) Start() protocols.Broadcast {
	return protocols.ToAll(r.servers(), protocols.Message{Body: &Get{}})
}

// Answer implements protocols.Operation.
func (r *read) Answer(_, _ int, m protocols.Message) protocols.Step {
	switch body := m.Body.(type) {
	case *Ack:
		if r.acks++; r.back && r.acks >= r.quorum() {
			return protocols.Done()
		}
	case *GetAck:
		if !r.back {
			return r.learn(reply{*body, m.Payload})
		}
	}
	return protocols.Wait()
}

// learn takes a server's reply, and decides once S−t of them are there.
func (r *read) learn(a reply) protocols.Step {
	if !r.verifies(a) {
		a.Stored, a.value = Put{}, nil
	}
	if r.replies = append(r.replies, a); len(r.replies) < r.quorum() {
		return protocols.Wait()
	}
	r.found = r.believed()
	if r.Policy == Block && r.found.Stored.Mark.TS.Less(r.known()) {
		return protocols.Wait()
	}
	if r.found.Stored.Mark.TS.IsZero() {
		return protocols.Done()
	}
	r.back = true
	m := protocols.Message{Body: &Know{Mark: r.found.Stored.Mark}}
	if r.WriteBackData {
		m = protocols.Message{Body: &r.found.Stored, Payload: r.found.value}
	}
	return protocols.Begin(protocols.ToAll(r.servers(), m))
}

// verifies reports whether a writer signed what the server stores.
func (r *read) verifies(a reply) bool {
	return !a.Stored.Mark.TS.IsZero() && bytes.Equal(a.Stored.Mark.Hash, r.Suite.Hash(a.value)) &&
		r.verifier.Verify(signed(r.key, a.Stored.Mark), a.Stored.Signature)
}

// believed is the newest value that θ servers report.
func (r *read) believed() (newest reply) {
	for _, a := range r.replies {
		count := 0
		for _, b := range r.replies {
			if a.Stored.Mark.TS.Equal(b.Stored.Mark.TS) {
				count++
			}
		}
		if count >= r.Threshold && newest.Stored.Mark.TS.Less(a.Stored.Mark.TS) {
			newest = a
		}
	}
	return newest
}

// known is the newest timestamp that a correct server knows of for sure: t+1 report it, or one where none lies.
func (r *read) known() (newest protocols.Timestamp) {
	liars := r.T
	if r.CrashOnly {
		liars = 0
	}
	for _, a := range r.replies {
		count := 0
		for _, b := range r.replies {
			if a.Known.TS.Equal(b.Known.TS) {
				count++
			}
		}
		if count > liars && newest.Less(a.Known.TS) {
			newest = a.Known.TS
		}
	}
	return newest
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	if r.found.Stored.Mark.TS.IsZero() {
		return protocols.Result{Bottom: true}, nil
	}
	return protocols.Result{Value: append([]byte{}, r.found.value...), Timestamp: r.found.Stored.Mark.TS}, nil
}
