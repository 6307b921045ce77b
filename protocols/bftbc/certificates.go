package bftbc

import (
	"encoding/binary"
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/certificate"
	"github.com/powbench/powbench/protocols/suite"
)

// What is signed says what it is about.
const (
	announcing = 'A' // a client will write the value of that hash
	preparing  = 'P' // a server prepared it
	writing    = 'W' // a server has the value of that timestamp, or a newer one
)

// statement is the message that a signature covers. Only the hash, at its end, is of no fixed length or preceded by it.
func statement(what byte, key protocols.Key, ts protocols.Timestamp, hash []byte) []byte {
	m := append([]byte("bftbc"), what)
	m = binary.BigEndian.AppendUint64(m, uint64(len(key)))
	m = append(m, key...)
	m = binary.BigEndian.AppendUint64(m, ts.Num)
	m = binary.BigEndian.AppendUint64(m, ts.PID)
	return append(m, hash...)
}

// judge verifies what servers and clients signed.
type judge struct {
	*certificate.Judge
	is      protocols.Traits
	suite   suite.Suite
	writers suite.Verifier // of clients' credentials
}

// newJudge is a judge that knows the public keys of the writers and of all servers.
func (p Protocol) newJudge(t int, s suite.Suite, writers []byte, servers [][]byte) (j *judge, err error) {
	j = &judge{is: p.Traits(t), suite: s}
	if j.Judge, err = certificate.NewJudge(s, j.is.Servers, j.is.Quorum, servers, p.Variant != Uncached); err == nil {
		j.writers, err = s.Verifier(writers)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrNoKeyPair, err)
	}
	return j, err
}

// prepared reports whether what p says is true.
func (j *judge) prepared(key protocols.Key, p Prepared) bool {
	if p.TS.IsZero() {
		return len(p.Hash) == 0 && p.By.Empty()
	}
	return issuable(p.TS) && len(p.Hash) == j.suite.HashSize() && j.Certified(statement(preparing, key, p.TS, p.Hash), p.By)
}

// written reports whether what w says is true.
func (j *judge) written(key protocols.Key, w Written) bool {
	if w.TS.IsZero() {
		return w.By.Empty()
	}
	return issuable(w.TS) && j.Certified(statement(writing, key, w.TS, nil), w.By)
}

// announced reports whether the client whose timestamp it is signed m.
func (j *judge) announced(key protocols.Key, m *Prepare) bool {
	credible := func() bool { return suite.Credible(j.writers, m.TS.PID, m.Public, m.Credential) }
	id := binary.BigEndian.AppendUint64([]byte("client"), m.TS.PID)
	if len(m.Public) != j.suite.PublicKeySize() || !j.Once(credible, id, m.Public, m.Credential) {
		return false
	}
	client, err := j.suite.Verifier(m.Public)
	return err == nil && client.Verify(statement(announcing, key, m.TS, m.Hash), m.Signature)
}
