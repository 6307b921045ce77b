package cas

import (
	"cmp"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// register is a client's end.
type register struct {
	t, servers, quorum int
	pid                uint64
	readOnly           error // why this client cannot write, if it cannot
	// issued is, by key, the highest tag that this client gave to a value. A WRITE that was given up may have left
	// elements under a tag that was never finalized, so that query does not tell of it.
	issued map[protocols.Key]*protocols.Timestamp
}

// Read implements protocols.Register.
func (r *register) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Failed(err)
	}
	return &read{phase: phase{register: r}, mem: mem}
}

// Write implements protocols.Register.
func (r *register) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	elements, err := dispersal.Encode(value, r.t, mem)
	if err = cmp.Or(r.readOnly, protocols.CheckKey(key), err); err != nil {
		return protocols.Failed(err)
	}
	if r.issued[key] == nil {
		r.issued[key] = new(protocols.Timestamp)
	}
	return &write{phase: phase{register: r}, length: uint64(len(value)), elements: elements, issued: r.issued[key]}
}

// phase is what READ and WRITE have in common: they begin with query, and each round waits for a quorum.
type phase struct {
	*register
	round int
	acks  int                 // in this round
	ts    protocols.Timestamp // the highest of the replies to query; then that of the value
}

// Start begins query.
func (p *phase) Start() protocols.Broadcast { return p.begin(&Query{}).Next }

// begin is the next round, with the same request to all.
func (p *phase) begin(request protocols.Body) protocols.Step {
	p.round, p.acks = p.round+1, 0
	return protocols.Begin(protocols.ToAll(p.servers, protocols.Message{Body: request}))
}

// learn takes a server's tag, and reports whether a quorum's are known.
func (p *phase) learn(ts protocols.Timestamp) bool {
	if p.ts.Less(ts) {
		p.ts = ts
	}
	return p.acked()
}

// acked counts a server's answer, and reports whether a quorum has answered.
func (p *phase) acked() bool {
	p.acks++
	return p.acks >= p.quorum
}
