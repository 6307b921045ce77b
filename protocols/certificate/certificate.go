// Package certificate has the certificates of protocols whose servers sign what they did: a quorum's signatures of one statement,
// which prove to anybody that correct servers did it.
//
// It imports suite alone; protocols with certificates import it.
package certificate

import (
	"fmt"
	"sync"

	"github.com/powbench/powbench/protocols/suite"
)

// A Certificate is a quorum's signatures of one statement: of the servers in Signers, ascending, one after the other. The zero
// Certificate is none.
type Certificate struct{ Signers, Signatures []byte }

// Empty reports whether it is none.
func (c Certificate) Empty() bool { return len(c.Signers) == 0 && len(c.Signatures) == 0 }

// A Judge verifies what servers signed. It is safe for concurrent use.
type Judge struct {
	suite   suite.Suite
	servers []suite.Verifier
	quorum  int
	known   *memory // nil: what comes again is verified again
}

// NewJudge is a judge that knows the public keys of so many servers. It remembers what it found true, if it is to.
func NewJudge(s suite.Suite, servers, quorum int, keys [][]byte, remembers bool) (*Judge, error) {
	j := &Judge{suite: s, quorum: quorum}
	if remembers {
		j.known = &memory{digests: map[string]struct{}{}}
	}
	if len(keys) != servers {
		return j, fmt.Errorf("the keys are of %d servers, want %d", len(keys), servers)
	}
	for i, public := range keys {
		verifier, err := s.Verifier(public)
		if err != nil {
			return j, fmt.Errorf("the public key of server %d: %w", i+1, err)
		}
		j.servers = append(j.servers, verifier)
	}
	return j, nil
}

// Remembers reports whether the judge remembers what it found true.
func (j *Judge) Remembers() bool { return j.known != nil }

// Certified reports whether a quorum of servers signed the statement.
func (j *Judge) Certified(statement []byte, c Certificate) bool {
	size := j.suite.SignatureSize()
	if len(c.Signers) != j.quorum || len(c.Signatures) != j.quorum*size {
		return false
	}
	return j.Once(func() bool {
		for i, server := range c.Signers {
			twice := i > 0 && server <= c.Signers[i-1]
			if twice || !j.Signed(int(server), statement, c.Signatures[i*size:][:size]) {
				return false
			}
		}
		return true
	}, statement, c.Signers, c.Signatures)
}

// Signed reports whether the server signed the statement.
func (j *Judge) Signed(server int, statement, signature []byte) bool {
	return server < len(j.servers) && j.servers[server].Verify(statement, signature)
}

// Once verifies what is in the parts, unless it did before and it was true.
func (j *Judge) Once(verify func() bool, parts ...[]byte) bool {
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

// A Collection gathers servers' signatures of a statement until they are a certificate.
type Collection struct {
	statement  []byte
	signatures [][]byte // by server
	count      int
}

// Collect begins to gather signatures of the statement.
func (j *Judge) Collect(statement []byte) Collection {
	return Collection{statement: statement, signatures: make([][]byte, len(j.servers))}
}

// Add takes a server's signature. It reports whether a quorum has signed with it.
func (j *Judge) Add(c *Collection, server int, signature []byte) bool {
	if c.signatures == nil || c.signatures[server] != nil || !j.Signed(server, c.statement, signature) {
		return false
	}
	c.signatures[server] = signature
	c.count++
	return c.count == j.quorum
}

// Complete is the certificate of a quorum's signatures, which were verified.
func (j *Judge) Complete(c Collection) (all Certificate) {
	for server, signature := range c.signatures {
		if signature != nil {
			all.Signers = append(all.Signers, byte(server))
			all.Signatures = append(all.Signatures, signature...)
		}
	}
	j.Once(func() bool { return true }, c.statement, all.Signers, all.Signatures)
	return all
}
