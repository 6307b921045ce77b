package powerstore

import (
	"errors"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/pow"
)

// register implements protocols.Register.
type register struct {
	params
	channels pow.Channels // the writer's
	readOnly error        // why this client cannot write, if it cannot
	entropy  io.Reader
	issued   protocols.Issued
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(fmt.Errorf("read: %w", err))
	}
	return &reader{params: r.params, mem: mem, w: make([]*answer, r.servers())}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	if err := errors.Join(r.readOnly, protocols.CheckKey(key), protocols.CheckValue(value)); err != nil {
		return protocols.Failed(fmt.Errorf("write: %w", err))
	}
	return &writer{
		params: r.params, key: key, value: value, mem: mem,
		channels: r.channels, entropy: r.entropy, issued: r.issued,
	}
}
