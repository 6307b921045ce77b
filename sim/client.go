package sim

import (
	"fmt"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/workloads"
)

// The shares of operations, in percent.
const (
	writeShare = 70 // of a writer's operations
	deathShare = 5  // in which the client dies
)

// client begins one operation after the other. One that dies in an operation comes back as another process.
type client struct {
	*world
	index    int // from 1
	role     protocols.Role
	hostile  bool
	pid      uint64
	register protocols.Register
	log      *history.Log
	seq      int // of the operation in progress, from 1
	// issued is what a single writer has issued. It outlives the process, unless the attack is that it does not.
	issued protocols.Remembered
}

// setUpClients starts the writers, the readers and, if the attack has one, a hostile reader.
func (w *world) setUpClients() {
	hostile := 0
	if w.Attack.Reader != nil {
		hostile = 1
	}
	for i := range w.Writers + w.Readers + hostile {
		c := &client{world: w, index: i + 1, role: protocols.Reader, hostile: i >= w.Writers+w.Readers}
		if i < w.Writers {
			c.role = protocols.Writer
		}
		c.issued = protocols.Remembered{}
		c.incarnate(uint64(c.index))
		w.clients = append(w.clients, c)
		w.plan(0, c.next)
	}
}

// incarnate makes the client a process with the id.
func (c *client) incarnate(pid uint64) {
	c.pid = pid
	keys := c.world.keys.reader
	if c.role == protocols.Writer {
		keys = c.world.keys.writer
	}
	c.register = c.Protocol.NewRegister(protocols.ClientParams{
		T: c.T, PID: pid, Suite: c.suite, Keys: keys, Entropy: play.Entropy(c.seed, pid+uint64(c.seq)<<32),
		Issued: c.issued,
	})
	c.log = history.NewLog(pid)
	c.logs = append(c.logs, c.log)
	if c.hostile {
		c.register = c.Attack.Reader(c.part(len(c.hosts)+c.index, 0), c.register)
	}
}

// reincarnate is what a client does that died: its successor has an id of its own, unless the attack is that it has
// not.
func (c *client) reincarnate() {
	pid := c.pid + maxClients
	if c.Attack.SamePID {
		pid, c.issued = c.pid, protocols.Remembered{}
	}
	c.incarnate(pid)
}

// next plans the client's next operation. A choice that is muted leaves it out.
func (c *client) next() {
	ops, pause := c.Ops, uint64(64)
	if c.hostile {
		ops, pause = 2*c.Ops, 16
	}
	for c.seq < ops {
		c.seq++
		if u := c.draw(chooseIn(begin, c.index, c.seq, 0, 0, 0)); u != 0 {
			c.plan(c.now+int64(u%pause), func() { c.begin(u >> 8) })
			return
		}
	}
}

// keys is how many of the keys there are: of all seeds some have but one, at which all clients meet.
func (c *client) keys() uint64 { return 1 + mix(c.seed)%uint64(c.Keys) }

func keyName(i uint64) protocols.Key { return protocols.Key(fmt.Sprintf("k%d", i)) }

// ownKey is a key that the client may write, if there is one: with single writers, key i is that of writer i mod
// Writers.
func (c *client) ownKey(u uint64) (key protocols.Key, found bool) {
	if c.role != protocols.Writer {
		return "", false
	}
	keys, first, step := c.keys(), uint64(0), uint64(1)
	if c.oneWriter {
		first, step = uint64(c.index-1), uint64(c.Writers)
	}
	if first >= keys {
		return "", false
	}
	own := (keys - first + step - 1) / step
	return keyName(first + u%own*step), true
}

// begin begins an operation, of which u decides the key and the kind.
func (c *client) begin(u uint64) {
	if key, mine := c.ownKey(u); mine && int(u>>16%100) < writeShare {
		c.write(key)
		return
	}
	key := keyName(u % c.keys())
	r := &run{client: c, key: key, kind: protocols.Read}
	r.start(c.register.Read(key, protocols.Heap{}), history.Entry{})
}

func (c *client) write(key protocols.Key) {
	id := workloads.ID{Client: uint64(c.index), Seq: uint64(c.seq)}
	extra := c.draw(chooseIn(size, c.index, c.seq, 0, 0, 0)) % 24
	value := make([]byte, workloads.MinValueBytes+1+extra)
	values().Fill(value, id, key)
	c.writes[key]++
	r := &run{client: c, key: key, kind: protocols.Write}
	r.start(c.register.Write(key, value, protocols.Heap{}), history.Entry{Value: id})
}
