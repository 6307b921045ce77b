// Package byzantine turns correct participants into attackers: decorators around the servers and registers that run
// elsewhere, and the catalogue of the attacks they serve. The simulator plays it on schedules, the attack study on
// processes.
//
// It knows no protocol's messages. What attackers forge in one protocol, and what must come of it, is that protocol's
// Playbook, in the folder attacks beside the protocol: B6 on M-PoWerStore is in protocols/mpowerstore/attacks.
// The package imports the model alone; playbooks, catalog, sim and the harness import it.
//
// An attacker is as strong as the model allows (the paper, §2): Byzantine servers do as they please, know each other's
// keys and what each of them learned, but forge neither MACs nor signatures of others; Byzantine readers send what
// they please, as readers.
package byzantine

import (
	"math/rand/v2"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// Dice decide what an attacker leaves to chance. The simulator draws from its schedule, a process from a seed.
type Dice interface {
	// Roll returns a number in [0, n). Zero is the choice of a correct participant, if there is one.
	Roll(n int) int
}

// NewDice returns dice that roll the same for the same seed. They belong to one attacker and are not safe for
// concurrent use.
func NewDice(seed uint64) Dice { return seeded{rand.New(rand.NewPCG(seed, 0))} }

type seeded struct{ rng *rand.Rand }

func (d seeded) Roll(n int) int { return d.rng.IntN(n) }

// A Part is the role of one attacker: the protocol, and what it has to attack with.
type Part struct {
	Protocol protocols.Protocol
	T        int
	Suite    suite.Suite
	Index    int // of a server, 0-based
	Dice     Dice
	// Loot holds what all attackers of a run have learned; they share it if they share a process.
	Loot *Loot

	traits protocols.Traits // of the protocol
	book   Playbook
}

// Servers is the number of the protocol's servers.
func (p Part) Servers() int { return p.traits.Servers }

// A Condition is the part of an attack that no decorator can play: what happens to the network and to writers.
type Condition struct {
	// Isolate is the number of servers cut off for a while, as a multiple of t and one more: t·Isolate[0] + Isolate[1].
	Isolate [2]int
	// Unruly messages are later, more often reordered and duplicated than usual.
	Unruly bool
	// Resets break connections in the middle of rounds; clients connect again and resend.
	Resets bool
	// WriterDies is the round of a WRITE, from 1, in which many writers die, where the first asks for the time: a single
	// writer's WRITE has one round less. Reaches bounds how many servers the round's requests still reach, 0 for any
	// number. With a WriterDies of 0 no writer dies.
	WriterDies, Reaches int
	// Lost requests of any round of an operation that has ended never arrive at some servers, as over a connection that broke;
	// else only those of its last round may.
	Lost bool
	// SamePID restarts a writer with the process id of the one that died.
	SamePID bool
}

// An Attack is one row of the catalogue: who attacks, and what must come of it.
type Attack struct {
	ID    string // B1 … N5
	Name  string // bogus-candidate
	Title string // one line for people
	// Server makes t servers attack; nil if servers are correct. Liars is their number beyond t, for attacks that exceed
	// the model.
	Server func(Part, protocols.Server) protocols.Server
	Liars  int
	// Crash says that the attacking servers do no more than a crashed one: nothing.
	Crash bool
	// Reader makes a client hostile; nil if none is. The READs of its register are attacks that return nothing.
	Reader func(Part, protocols.Register) protocols.Register
	// Writer makes a client lie that has a writer's keys; nil if writers are honest.
	Writer func(Part, Fresh) Liar
	// Lurks says that the Writer completes nothing itself. Of what it leaves, one WRITE of each key may take effect.
	Lurks bool
	Condition
	// Beyond says that the attack is beyond what any protocol promises to withstand.
	Beyond bool
	// Virtual says that the attack takes place in the simulator alone.
	Virtual bool
	// Expect says what must come of it on the protocol. If it is nil or returns false, that follows from Traits.
	Expect func(protocols.Protocol) (Expectation, bool)

	forged bool                // by each protocol's playbook; without a forgery there is nothing to attack
	books  map[string]Playbook // by protocol
}

// A Playbook holds what attackers know of one protocol and its variants: what they forge in each attack, and what must
// come of it. All maps are by the attack's ID.
type Playbook struct {
	Protocol string // the name
	// Lies are what servers make of replies, Readers how clients attack. B3, B5 and B9 need none, but may have one; in B0
	// one of the ways to attack is a lie of its own.
	Lies    map[string]Lie
	Readers map[string]func(Part, protocols.Register) protocols.Register
	// Poison makes of two WRITEs' requests of one round one that stores fragments of no value. It is nil where servers
	// store whole values.
	Poison func(one, two protocols.Broadcast) protocols.Broadcast
	// Whole are the variants that store whole values nevertheless.
	Whole []string
	// Publish is what a reader sends in place of a request of a WRITE's last round; nil if readers may send that (Z4).
	Publish func(protocols.Message) protocols.Message
	// Follow makes of a reply to a WRITE's first round one that tells of another WRITE, whose last round's request it gets. It
	// is nil where clients go on by themselves from what they have not ended (Z4).
	Follow func(p Part, last, reply protocols.Message) protocols.Message
	// Prepare is what of a WRITE's last round the writer sends at once, so that servers that lie can complete it, and Abet what
	// such a server then sends the others. They are nil where servers send each other nothing (Z4).
	Prepare func(p Part, last protocols.Broadcast) protocols.Broadcast
	Abet    func(p Part, last protocols.Broadcast) protocols.Broadcast
	// Certificate is the request with the certificate of the other one, which is of its kind. It is nil where WRITEs show
	// servers none (Z6).
	Certificate func(request, other protocols.Body) protocols.Body
	// Shape gives what B3 made up in a reply the lengths that a client expects. It may be nil.
	Shape func(Part, protocols.Body)
	// Expect says what must come of attacks, where that does not follow from Traits.
	Expect map[string]Expectation
	// Rounds bounds the rounds of a variant's READs where those of the protocol itself take so many; 0 is no bound. It
	// may be nil.
	Rounds func(variant string, rounds int) int
}

// Expected says what must come of the attack on the protocol or variant.
func (a Attack) Expected(p protocols.Protocol) Expectation {
	traits := p.Traits(1)
	if a.forged && !a.books[traits.Name].forges(a.ID, traits.Variant) {
		return Expectation{None: true}
	}
	if a.Expect != nil {
		if e, known := a.Expect(p); known {
			return e
		}
	}
	lies := a.Server != nil && !a.Crash && traits.LyingServers == 0 || a.Reader != nil && !traits.LyingReaders ||
		a.Writer != nil && !a.Crash && !traits.LyingWriters
	rounds := len(traits.Write)
	if traits.Writers == protocols.One {
		rounds++ // WriterDies counts the one that a single writer does not need
	}
	switch {
	case a.WriterDies > rounds:
		return Expectation{None: true}
	case a.Beyond, lies: // servers lie that may only crash, or clients that may not
		return Expectation{Beyond: true}
	}
	return Expectation{}
}

// Lone reports whether the attack is of writers that need no accomplices.
func (a Attack) Lone() bool { return a.Writer != nil && a.Reader == nil && a.Server == nil }

// forges reports whether the playbook has a forgery of its own for the attack on the variant.
func (b Playbook) forges(id, variant string) bool {
	poisons := id == poisonous && b.Poison != nil && !slices.Contains(b.Whole, variant)
	certifies := id == uncertain && b.Certificate != nil
	return b.Lies[id] != nil || b.Readers[id] != nil || poisons || certifies
}

// written looks up what must come of the attack in the protocol's playbook.
func (a Attack) written(p protocols.Protocol) (e Expectation, known bool) {
	traits := p.Traits(1)
	book := a.books[traits.Name]
	if e, known = book.Expect[a.ID]; known && e.Rounds > 0 && book.Rounds != nil {
		e.Rounds = book.Rounds(traits.Variant, e.Rounds)
	}
	return e, known
}

// Does reports whether some protocol is known to come to the harm by the attack.
func (a Attack) Does(h Harm) bool {
	for _, book := range a.books {
		if book.Expect[a.ID].Harm == h {
			return true
		}
	}
	return false
}

// with returns the attack as the playbooks have it.
func (a Attack) with(books map[string]Playbook) Attack {
	a.books = books
	a.Expect = a.written
	of := func(p Part) Part {
		p.traits = p.Protocol.Traits(p.T)
		p.book = books[p.traits.Name]
		return p
	}
	if server := a.Server; server != nil {
		a.Server = func(p Part, s protocols.Server) protocols.Server { return server(of(p), s) }
	}
	if writer := a.Writer; writer != nil {
		a.Writer = func(p Part, fresh Fresh) Liar { return writer(of(p), fresh) }
	}
	if reader := a.Reader; reader != nil {
		a.Reader = func(p Part, r protocols.Register) protocols.Register { return reader(of(p), r) }
	}
	return a
}
