package powerstore

import (
	"errors"
	"fmt"
	"io"

	"github.com/powbench/powbench/protocols"
)

// errReadOnly says why a client cannot write.
var errReadOnly = errors.New("this client has a reader's keys: give it the writer's to write")

// register implements protocols.Register.
type register struct {
	params
	writes  bool // the client is the writer
	entropy io.Reader
	issued  protocols.Issued
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
	err := errors.Join(protocols.CheckKey(key), protocols.CheckValue(value))
	if !r.writes {
		err = errReadOnly
	}
	if err != nil {
		return protocols.Failed(fmt.Errorf("write: %w", err))
	}
	return &writer{params: r.params, key: key, value: value, mem: mem, entropy: r.entropy, issued: r.issued}
}
