package play

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// A Case is one operation that no fault disturbs.
type Case struct {
	Protocol   protocols.Protocol
	Suite      suite.Suite
	T          int // failure threshold
	Op         protocols.Op
	ValueBytes int
	Key        protocols.Key
	PID        uint64 // of the client, ≥ 1
	Writes     int    // that the key has seen before, by the same client
	// Prompt has all that servers send each other arrive before the next server's request; else it arrives after all requests.
	Prompt bool
}

// A Transcript is all messages of an operation, also those that its quorums do not wait for.
type Transcript []Leg

// A Leg is the messages of one round: a request to each server and its reply, zero where there is none; what servers
// sent each other because of the round; and what each server stored because of it.
type Leg struct {
	Requests, Replies, Between []protocols.Message
	Stored                     [][]Batch // by server
}

// A Batch is the records that a server stores because of one message, all or none.
type Batch []protocols.Record

// DryRun lets one client and its servers, in memory, play the case and returns what they said. All servers answer at
// once, in the order of their indices. The messages are valid until the next DryRun with the same memory.
func DryRun(c Case, mem protocols.Memory) (Transcript, error) {
	d, err := newDryRun(c, mem)
	if err != nil {
		return nil, err
	}
	for range c.Writes {
		if _, err := d.play(protocols.Write); err != nil {
			return nil, err
		}
	}
	return d.play(c.Op)
}

// dryRun is a client with its servers.
type dryRun struct {
	Case
	mem      protocols.Memory
	register protocols.Register
	servers  []protocols.Server
	records  []records
	value    []byte
	posted   []post // between servers, and not taken yet
}

// A post is a message of one server to another.
type post struct {
	from, to int
	protocols.Message
}

func newDryRun(c Case, mem protocols.Memory) (*dryRun, error) {
	n := c.Protocol.Traits(c.T).Servers
	entropy := Entropy(0, c.PID)
	keys, writer, _, err := protocols.GenerateKeys(c.Protocol, c.T, c.Suite, entropy)
	if err != nil {
		return nil, err
	}
	d := &dryRun{
		Case: c, mem: mem, servers: make([]protocols.Server, n), records: make([]records, n), value: mem.Bytes(c.ValueBytes),
		register: protocols.Incarnate(c.Protocol, protocols.ClientParams{
			T: c.T, PID: c.PID, Suite: c.Suite, Keys: writer, Entropy: entropy,
		}),
	}
	for i := range d.servers {
		d.servers[i] = c.Protocol.NewServer(protocols.ServerParams{Index: i, T: c.T, Suite: c.Suite, Keys: keys[i]})
		d.records[i] = records{}
	}
	return d, nil
}

// play runs one operation to its end, and on until every server has answered all its requests.
func (d *dryRun) play(op protocols.Op) (said Transcript, err error) {
	var o protocols.Operation
	if op == protocols.Write {
		o = d.register.Write(d.Key, d.value, d.mem)
	} else {
		o = d.register.Read(d.Key, d.mem)
	}
	driver := New(o, len(d.servers))
	next, err := driver.Start()
	for round := 1; err == nil && next.To != nil; round++ {
		if !next.Begins {
			return nil, fmt.Errorf("%s of %s asks more servers in round %d, though none failed", op, protocols.NameOf(d.Protocol), next.Round)
		}
		said = append(said, Leg{Requests: next.To, Replies: make([]protocols.Message, len(d.servers)), Stored: make([][]Batch, len(d.servers))})
		next, err = d.round(driver, round, &said[round-1])
	}
	switch {
	case err != nil:
		return nil, err
	case !driver.Done():
		return nil, fmt.Errorf("%s of %s does not end, though all servers answered", op, protocols.NameOf(d.Protocol))
	}
	_, err = driver.Result()
	return said, err
}

// round plays one round and returns the requests of the next.
func (d *dryRun) round(driver *Driver, number int, leg *Leg) (next Requests, err error) {
	if err := d.exchange(number, leg); err != nil {
		return next, err
	}
	for i, reply := range leg.Replies {
		step, err := driver.Answer(number, i, reply)
		if err != nil {
			return next, err
		}
		if step.To != nil {
			next = step
		}
	}
	return next, nil
}

// exchange hands the round's requests to the servers, and all that these send each other because of it.
func (d *dryRun) exchange(number int, leg *Leg) error {
	for i, m := range leg.Requests {
		if m.Body == nil {
			continue
		}
		in := protocols.Incoming{
			Key: d.Key, Message: m, Role: protocols.Writer, Ticket: protocols.Ticket{Client: 1, Request: uint64(number)},
		}
		if err := d.take(i, in, leg); err != nil {
			return err
		}
		if !d.Prompt {
			continue
		}
		if err := d.deliver(leg); err != nil {
			return err
		}
	}
	return d.deliver(leg)
}

// deliver hands over what servers have sent each other, and what they then send.
func (d *dryRun) deliver(leg *Leg) error {
	for len(d.posted) > 0 {
		p := d.posted[0]
		d.posted = d.posted[1:]
		leg.Between = append(leg.Between, p.Message)
		if err := d.take(p.to, protocols.Incoming{Key: d.Key, Message: p.Message, Server: p.from}, leg); err != nil {
			return err
		}
	}
	return nil
}

// take lets a server take a message. Its answer, at once or later, is its reply to the round.
func (d *dryRun) take(server int, in protocols.Incoming, leg *Leg) error {
	e, err := protocols.Take(d.servers[server], in, d.records[server])
	if err != nil {
		return err
	}
	if d.records[server].put(e.Records); len(e.Records) > 0 {
		leg.Stored[server] = append(leg.Stored[server], e.Records)
	}
	if e.Reply.Body != nil {
		leg.Replies[server] = e.Reply
	}
	for _, l := range e.Later {
		leg.Replies[server] = l.Message
	}
	for to, m := range e.Peers {
		if m.Body != nil && to != server {
			d.posted = append(d.posted, post{server, to, m})
		}
	}
	return nil
}

// records is what one server stores of the one key. They lie where the messages lie that brought them.
type records map[string]protocols.Record

func (r records) put(all []protocols.Record) {
	for _, x := range all {
		if r[x.Name] = x; x.Delete {
			delete(r, x.Name)
		}
	}
}

// Get implements protocols.StateReader.
func (r records) Get(name string) (body, payload []byte, found bool, err error) {
	x, found := r[name]
	return x.Body, x.Payload, found, nil
}

// Body implements protocols.StateReader.
func (r records) Body(name string) (body []byte, found bool, err error) {
	x, found := r[name]
	return x.Body, found, nil
}
