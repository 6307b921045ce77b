package bftbc

import (
	"bytes"

	"github.com/powbench/powbench/protocols"
)

// read is a READ in progress: READ, and WRITE of what it found if a quorum is not seen to have it. The certificate of a
// value is proof enough: readers need no key to write back.
type read struct {
	protocols.Phase
	*judge
	key     protocols.Key
	found   answer // the newest
	holders []int  // the servers that have it
	missing int    // acknowledgements that the write-back waits for
}

// answer is a server's value.
type answer struct {
	ts    protocols.Timestamp
	by    Certificate
	value []byte
}

// Start begins the first round: READ to all.
func (r *read) Start() protocols.Broadcast { return r.Begin(protocols.Message{Body: &Read{}}).Next }

// Answer implements protocols.Operation.
func (r *read) Answer(round, server int, reply protocols.Message) protocols.Step {
	if round != r.Round {
		return protocols.Wait()
	}
	switch body := reply.Body.(type) {
	case *Value:
		if a := (answer{body.TS, body.By, reply.Payload}); round == 1 && r.valid(a) {
			return r.learn(server, a)
		}
	case *Signed:
		if round == 2 && len(body.Signature) == r.suite.SignatureSize() {
			r.missing--
			return protocols.Step{Done: r.missing == 0}
		}
	}
	return protocols.Wait()
}

// valid reports whether a correct server can hold it. What equals the newest in every part needs no hash.
func (r *read) valid(a answer) bool {
	switch {
	case a.ts.IsZero():
		return a.by.Empty() && len(a.value) == 0
	case r.Remembers() && a.equal(r.found):
		return true
	}
	return len(a.value) <= protocols.MaxValueBytes && r.prepared(r.key, Prepared{TS: a.ts, Hash: r.suite.Hash(a.value), By: a.by})
}

func (a answer) equal(b answer) bool {
	return a.ts.Equal(b.ts) && bytes.Equal(a.by.Signers, b.by.Signers) && bytes.Equal(a.by.Signatures, b.by.Signatures) &&
		bytes.Equal(a.value, b.value)
}

// learn takes a server's value; after a quorum's, the READ ends if all have the same, or writes the newest back.
func (r *read) learn(server int, a answer) protocols.Step {
	if r.found.ts.Less(a.ts) {
		r.found, r.holders = a, nil
	}
	if a.ts.Equal(r.found.ts) {
		r.holders = append(r.holders, server)
	}
	if !r.Quorum() {
		return protocols.Wait()
	}
	if r.missing = r.is.Quorum - len(r.holders); r.missing == 0 {
		return protocols.Done()
	}
	return r.writeBack()
}

// writeBack begins WRITE of the newest at the servers that are not seen to have it, until a quorum has it.
func (r *read) writeBack() protocols.Step {
	m := protocols.Message{Body: &Write{TS: r.found.ts, By: r.found.by}, Payload: r.found.value}
	requests := protocols.ToAll(r.is.Servers, m)
	for _, server := range r.holders {
		requests[server] = protocols.Message{}
	}
	return r.Send(requests)
}

// Result implements protocols.Operation.
func (r *read) Result() (protocols.Result, error) {
	return protocols.Found(r.found.ts, r.found.value), nil
}
