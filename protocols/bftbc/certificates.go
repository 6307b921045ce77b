package bftbc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/powbench/powbench/protocols"
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
	is      protocols.Traits
	suite   suite.Suite
	servers []suite.Verifier
	writers suite.Verifier // of clients' credentials
	known   *memory        // nil: what comes again is verified again
}

// newJudge is a judge that knows the public keys of the writers and of all servers.
func (p Protocol) newJudge(t int, s suite.Suite, writers []byte, servers [][]byte) (j *judge, err error) {
	j = &judge{is: p.Traits(t), suite: s, servers: make([]suite.Verifier, len(servers))}
	if p.Variant != Uncached {
		j.known = &memory{digests: map[string]struct{}{}}
	}
	if len(servers) != j.is.Servers {
		return j, fmt.Errorf("%w: the keys are of %d servers, want %d", ErrNoKeyPair, len(servers), j.is.Servers)
	}
	if j.writers, err = s.Verifier(writers); err != nil {
		return j, errors.Join(ErrNoKeyPair, err)
	}
	for i, public := range servers {
		if j.servers[i], err = s.Verifier(public); err != nil {
			return j, errors.Join(ErrNoKeyPair, err)
		}
	}
	return j, nil
}

// certified reports whether a quorum of servers signed the statement.
func (j *judge) certified(statement []byte, c Certificate) bool {
	size := j.suite.SignatureSize()
	if len(c.Signers) != j.is.Quorum || len(c.Signatures) != j.is.Quorum*size {
		return false
	}
	return j.once(func() bool {
		for i, server := range c.Signers {
			twice := i > 0 && server <= c.Signers[i-1]
			if twice || !j.signed(int(server), statement, c.Signatures[i*size:][:size]) {
				return false
			}
		}
		return true
	}, statement, c.Signers, c.Signatures)
}

// signed reports whether the server signed the statement.
func (j *judge) signed(server int, statement, signature []byte) bool {
	return server < len(j.servers) && j.servers[server].Verify(statement, signature)
}

// prepared reports whether what p says is true.
func (j *judge) prepared(key protocols.Key, p Prepared) bool {
	if p.TS.IsZero() {
		return len(p.Hash) == 0 && p.By.empty()
	}
	return issuable(p.TS) && len(p.Hash) == j.suite.HashSize() && j.certified(statement(preparing, key, p.TS, p.Hash), p.By)
}

// written reports whether what w says is true.
func (j *judge) written(key protocols.Key, w Written) bool {
	if w.TS.IsZero() {
		return w.By.empty()
	}
	return issuable(w.TS) && j.certified(statement(writing, key, w.TS, nil), w.By)
}

// announced reports whether the client whose timestamp it is signed m.
func (j *judge) announced(key protocols.Key, m *Prepare) bool {
	credible := func() bool { return suite.Credible(j.writers, m.TS.PID, m.Public, m.Credential) }
	id := binary.BigEndian.AppendUint64([]byte("client"), m.TS.PID)
	if len(m.Public) != j.suite.PublicKeySize() || !j.once(credible, id, m.Public, m.Credential) {
		return false
	}
	client, err := j.suite.Verifier(m.Public)
	return err == nil && client.Verify(statement(announcing, key, m.TS, m.Hash), m.Signature)
}

// once verifies what is in the parts, unless it did before and it was true.
func (j *judge) once(verify func() bool, parts ...[]byte) bool {
	if j.known == nil {
		return verify()
	}
	digest := string(j.suite.Hash(parts...))
	if j.known.has(digest) {
		return true
	}
	if !verify() {
		return false
	}
	j.known.add(digest)
	return true
}

// memory is what was found true, at most maxKnown digests of it. It is safe for concurrent use.
type memory struct {
	mu      sync.Mutex
	digests map[string]struct{}
}

// maxKnown bounds a memory: when it is full it forgets everything, which costs a verification of what is still in use.
const maxKnown = 4096

func (m *memory) has(digest string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, has := m.digests[digest]
	return has
}

func (m *memory) add(digest string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.digests) == maxKnown {
		clear(m.digests)
	}
	m.digests[digest] = struct{}{}
}

// A collection gathers servers' signatures of a statement until they are a certificate.
type collection struct {
	statement  []byte
	signatures [][]byte // by server
	count      int
}

func (j *judge) collect(statement []byte) collection {
	return collection{statement: statement, signatures: make([][]byte, j.is.Servers)}
}

// add takes a server's signature. It reports whether a quorum has signed.
func (j *judge) add(c *collection, server int, signature []byte) bool {
	if c.signatures == nil || c.signatures[server] != nil || !j.signed(server, c.statement, signature) {
		return false
	}
	c.signatures[server] = signature
	c.count++
	return c.count == j.is.Quorum
}

// complete is the certificate of a quorum's signatures, which were verified.
func (j *judge) complete(c collection) (all Certificate) {
	for server, signature := range c.signatures {
		if signature != nil {
			all.Signers = append(all.Signers, byte(server))
			all.Signatures = append(all.Signatures, signature...)
		}
	}
	j.once(func() bool { return true }, c.statement, all.Signers, all.Signatures)
	return all
}
