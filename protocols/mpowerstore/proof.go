package mpowerstore

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// A Proof is a kind of proof of writing, for one t and suite: what a WRITE reveals in COMPLETE, and what makes a server
// believe it. Nonces is the paper's. These methods are what readers know of it.
type Proof interface {
	// Shape is the lengths of a proof's parts.
	Shape() Shape
	// Fits reports whether the nonce is the one that the entry proves, going by what FILTER_ACK tells of it (D1).
	Fits(told *Entry, nonce []byte) bool
	// Prover makes a writer's end, Verifier a server's. An error says what is wrong with the keys.
	Prover(c protocols.ClientParams) (Prover, error)
	Verifier(s protocols.ServerParams) (Verifier, error)
}

// Shape is the lengths of a proof's parts.
type Shape struct {
	Nonce int // bytes of a candidate's nonce
	MACs  int // MACs of its vector
	Kept  int // bytes of the commitment that a server keeps in its history
	Told  int // bytes of what it tells readers in place of that
}

// A Prover is a writer's end.
type Prover interface {
	// Issue makes a timestamp with its MAC (line 96).
	Issue(key protocols.Key, ts protocols.Timestamp) TS
	// Issued reports whether a writer issued the timestamp for the key (line 100).
	Issued(key protocols.Key, ts TS) bool
	// Prove makes the candidate of a WRITE and, for each server, the commitment that STORE brings (lines 86 to 88).
	Prove(key protocols.Key, ts TS, entropy io.Reader) (c Candidate, commitments [][]byte, err error)
}

// A Verifier is a server's end.
type Verifier interface {
	// Receive returns the commitment to keep of what STORE brought. An error blames the sender.
	Receive(key protocols.Key, ts protocols.Timestamp, commitment []byte) ([]byte, error)
	// Opens reports whether the entry of the candidate's timestamp proves the candidate; nil is no entry (line 128, the
	// first half).
	Opens(e *Entry, c Candidate) bool
	// Proves reports whether the candidate needs no history (line 128, the second half).
	Proves(key protocols.Key, c Candidate) bool
	// Canonical is what to adopt on a write-back of a valid candidate, whose timestamp has the entry, or nil.
	Canonical(e *Entry, c Candidate) Candidate
	// Tell returns what readers may know of the entry's commitment, which the nonce was found to open: the same at all
	// correct servers.
	Tell(e *Entry, nonce []byte) []byte
}

// Nonces are the paper's proofs: a secret N of a scheme, which servers that have stored the commitment to it can check,
// and a vector of MACs of H(N) for the others.
type Nonces struct {
	Scheme  pow.Scheme
	Suite   suite.Suite
	Servers int
}

var _ Proof = Nonces{}

// Shape implements Proof.
func (n Nonces) Shape() Shape {
	return Shape{
		Nonce: n.Scheme.SecretSize(), MACs: n.Servers, Kept: n.Scheme.CommitmentSize(), Told: n.Suite.HashSize(),
	}
}

// Fits compares H(N) with what the t+1 servers of a group agree on.
func (n Nonces) Fits(told *Entry, nonce []byte) bool {
	return bytes.Equal(n.Suite.Hash(nonce), told.Commitment)
}

// Prover derives k_W from all group keys (the paper, §5.2), so that t servers together cannot know it.
func (n Nonces) Prover(c protocols.ClientParams) (Prover, error) {
	kw, err := hkdf.Key(sha256.New, slices.Concat(c.Keys.Groups...), nil, "kW", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the writers' key: %w", err)
	}
	p := &prover{Nonces: n, writers: n.Suite.MAC(kw)}
	for _, group := range c.Keys.Groups {
		p.groups = append(p.groups, n.Suite.MAC(group))
	}
	return p, nil
}

// Verifier implements Proof.
func (n Nonces) Verifier(s protocols.ServerParams) (Verifier, error) {
	return verifier{Nonces: n, index: s.Index, group: n.Suite.MAC(s.Keys.Group)}, nil
}

// prover has k_W, shared by the writers, and the group key k_i of each server.
type prover struct {
	Nonces
	writers suite.MAC
	groups  []suite.MAC
}

func (p *prover) Issue(key protocols.Key, ts protocols.Timestamp) TS {
	return TS{Timestamp: ts, MAC: p.writers.Sum(timestampParts(key, ts)...)}
}

func (p *prover) Issued(key protocols.Key, ts TS) bool {
	return p.writers.Verify(ts.MAC, timestampParts(key, ts.Timestamp)...)
}

func (p *prover) Prove(key protocols.Key, ts TS, entropy io.Reader) (c Candidate, commitments [][]byte, err error) {
	nonce, commitments, err := p.Scheme.Commit(entropy, p.Servers)
	if err != nil {
		return c, nil, err
	}
	return Candidate{TS: ts, Nonce: nonce, Vec: p.vector(key, ts, p.Suite.Hash(nonce))}, commitments, nil
}

// vector authenticates the timestamp and N̄ to each server (line 88).
func (p *prover) vector(key protocols.Key, ts TS, commitment []byte) [][]byte {
	parts := candidateParts(key, ts, commitment)
	vec := make([][]byte, len(p.groups))
	for i, group := range p.groups {
		vec[i] = group.Sum(parts...)
	}
	return vec
}

// verifier has the server's own k_i.
type verifier struct {
	Nonces
	index int
	group suite.MAC
}

func (v verifier) Receive(_ protocols.Key, _ protocols.Timestamp, commitment []byte) ([]byte, error) {
	return commitment, nil
}

// Opens compares the timestamp's MAC too. Otherwise a Byzantine reader could write back a timestamp that writers do not
// believe (D2).
func (v verifier) Opens(e *Entry, c Candidate) bool {
	return e != nil && e.TS.Same(c.TS) && v.Scheme.Verify(e.Commitment, c.Nonce)
}

func (v verifier) Proves(key protocols.Key, c Candidate) bool {
	return v.group.Verify(c.Vec[v.index], candidateParts(key, c.TS, v.Suite.Hash(c.Nonce))...)
}

// Canonical takes the vector from the history where that proves c. Otherwise a Byzantine reader could pin a spoilt
// vector and make later READs repair it.
func (v verifier) Canonical(e *Entry, c Candidate) Candidate {
	if v.Opens(e, c) {
		return e.candidate(c.Nonce)
	}
	return c
}

func (v verifier) Tell(e *Entry, _ []byte) []byte { return e.Commitment }

// timestampParts is the message that k_W authenticates. The label keeps the two uses of MACs apart, and the key keeps
// registers apart (D3).
func timestampParts(key protocols.Key, ts protocols.Timestamp) [][]byte {
	return [][]byte{[]byte("ts"), []byte(key), uint64Bytes(ts.Num), uint64Bytes(ts.PID)}
}

// candidateParts is the message that k_i authenticates: N̄ together with the timestamp's MAC (D2) and the key (D3).
func candidateParts(key protocols.Key, ts TS, commitment []byte) [][]byte {
	return [][]byte{[]byte("cand"), []byte(key), uint64Bytes(ts.Num), uint64Bytes(ts.PID), ts.MAC, commitment}
}

func uint64Bytes(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
