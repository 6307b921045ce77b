package mpowerstore

import (
	"errors"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
)

// register implements protocols.Register.
type register struct {
	params
	pid      uint64
	entropy  io.Reader
	keys     *keyring
	prover   prover
	readOnly error // why this client cannot write, if it cannot

	// issued holds the last number that this client gave to a WRITE of each key. A WRITE that failed midway has used
	// its timestamp up, though no server may show it yet.
	issued map[protocols.Key]*uint64
}

// writerKeys prepares the keys of a writer, or says why the client is none.
func writerKeys(p params, c protocols.ClientParams) (*keyring, error) {
	if err := c.CheckWriter(); err != nil {
		return nil, err
	}
	if n := len(c.Keys.Groups); n != p.servers() {
		return nil, fmt.Errorf("%d group keys for t = %d: want one for each of the %d servers", n, c.T, p.servers())
	}
	return newKeyring(c.Suite, c.Keys.Groups)
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(fmt.Errorf("read: %w", err))
	}
	read := &reader{params: r.params, mem: mem, w: make([]*answer, r.servers())}
	switch {
	case r.lean:
		return newLeanReader(read, protocols.Spread(key, r.pid, r.servers()))
	case r.history > 0:
		return &iterating{reader: read, tops: make([]Candidate, r.servers())}
	}
	return read
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	if err := errors.Join(r.readOnly, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(fmt.Errorf("write: %w", err))
	}
	issued := r.issued[key]
	if issued == nil {
		issued = new(uint64)
		r.issued[key] = issued
	}
	return &writer{
		params: r.params, key: r.bound(key), value: value, mem: mem,
		pid: r.pid, keys: r.keys, prover: r.prover, entropy: r.entropy, issued: issued,
	}
}
