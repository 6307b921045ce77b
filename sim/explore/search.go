// Package explore tries every order of deliveries of a small scope, depth first, on the operations and servers that run
// elsewhere over TCP, with or without a liar among the servers, and judges every history.
//
// Participants are pure, so that what one does depends on its state and on what it hears alone: a transition is computed
// once, by the participant itself, and looked up from then on. A state of the whole is a few such states and the messages
// under way.
//
// It knows no protocol. It imports sim for traces and shrinking, play, byzantine, history, workloads and result; commands
// and tests import it.
package explore

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/workloads"
)

// A Search is an exploration in progress.
type Search struct {
	Task
	suite   suite.Suite
	servers []*server
	clients []*client
	mail    mail
	values  *workloads.Values

	liar        int    // the server that lies; -1 if none does
	mayBeSilent int    // how many servers an operation must not wait for, besides the liar
	offsets     []int  // by client: the number of its first operation among all
	followed    []bool // by client: whether others begin after it
	writesInAll uint64

	writes  map[protocols.Kind]bool // kinds of requests on which servers store something
	dropped map[*message]flight     // requests that were taken for other ones
	again   bool                    // some of them were not

	visited map[fingerprint]byte // with how many deviations left at most
	judged  map[string]*finding
	menus   map[string]*offer     // what the liar may answer, by the answers that it begins with
	keys    suite.ClientKeys      // of readers
	reads   map[string][]*message // what a READ sends, by its key and what servers hold
	stack   []*frame
	report  *Report
}

// frame is a state on the way from the beginning to the state in progress.
type frame struct {
	state *state
	steps []step
	next  int  // of the steps
	left  byte // deviations, or unbounded
	at    place
}

// unbounded stands for as many deviations as there are.
const unbounded = math.MaxUint8

// New prepares the exploration of a task, or says why it cannot be.
func New(t Task) (*Search, error) {
	t.T, t.Suite = cmp.Or(t.T, 1), cmp.Or(t.Suite, "modern")
	if t.Protocol == nil {
		return nil, fmt.Errorf("an exploration needs a protocol")
	}
	if err := t.Scope.Fits(t.Protocol); err != nil {
		return nil, err
	}
	if t.Deviations < 0 || t.Deviations >= unbounded {
		return nil, fmt.Errorf("executions with %d deviations: give 1 to %d, or 0 for as many as there are", t.Deviations, unbounded-1)
	}
	if t.Menu.reader {
		t.Reductions.Lazy = false // it takes it that only clients' requests change what servers hold
	}
	x := &Search{Task: t, writes: map[protocols.Kind]bool{}, values: values()}
	return x, x.reset()
}

// reset forgets all but the kinds of requests on which servers store something.
func (x *Search) reset() (err error) {
	if x.suite, err = protocols.SuiteFor(x.Protocol, x.Suite); err != nil {
		return err
	}
	n := x.Protocol.Traits(x.T).Servers
	serverKeys, writer, reader, err := protocols.GenerateKeys(x.Protocol, x.T, x.suite, play.Entropy(1, 0))
	if err != nil {
		return err
	}
	x.mail, x.servers, x.clients, x.offsets, x.stack = mail{}, nil, nil, nil, nil
	x.keys, x.reads = reader, map[string][]*message{}
	x.followed, x.writesInAll = make([]bool, len(x.Scope.Clients)), 0
	for i := range n {
		x.servers = append(x.servers, newServer(protocols.ServerParams{Index: i, T: x.T, Suite: x.suite, Keys: serverKeys[i]},
			x.Protocol, x.mail))
	}
	operations := 0
	for i, c := range x.Scope.Clients {
		keys, role := reader, protocols.Reader
		if len(c.writes()) > 0 {
			keys, role = writer, protocols.Writer
		}
		x.clients = append(x.clients, newClient(x, i, keys, role))
		x.offsets = append(x.offsets, operations)
		operations += len(c.Ops)
		for _, before := range c.After {
			x.followed[before] = true
		}
		for _, count := range c.writes() {
			x.writesInAll += uint64(count)
		}
	}
	x.liar, x.mayBeSilent = x.Menu.roles(x.T, n)
	x.dropped, x.again = map[*message]flight{}, false
	x.visited, x.judged = map[fingerprint]byte{}, map[string]*finding{}
	x.menus = map[string]*offer{}
	x.report = &Report{Outcomes: map[string]byzantine.Harm{}, Rounds: map[int]int{}}
	return nil
}

// pid is the process id of a client. Those who begin first have the highest: a writer that died is then not passed by
// those that follow only because of their ids.
func (x *Search) pid(client int) uint64 { return uint64(len(x.Scope.Clients) - client) }

// initial is the state before anything has happened.
func (x *Search) initial() *state {
	s := &state{begun: make([]bool, len(x.clients)), dead: make([]bool, len(x.clients))}
	for _, v := range x.servers {
		s.stores = append(s.stores, v.initial())
	}
	if x.liar >= 0 {
		s.memory = []*store{s.stores[x.liar]}
	}
	var sends [][]request
	for _, c := range x.clients {
		m := c.initial()
		s.locals, sends = append(s.locals, m.to), append(sends, m.sends)
		s.before = append(s.before, make([]uint64, len(c.Ops))...)
	}
	for i, all := range sends {
		x.send(s, i, all)
	}
	return s
}

// Run explores until all is done, ctx ends or a bound is reached.
func (x *Search) Run(ctx context.Context) (*Report, error) {
	began, late := time.Now(), x.Reductions.Late
	for {
		x.explore(ctx, began)
		switch {
		case len(x.report.Violations) > 0 && x.Reductions.Late: // it may wait for an answer that was dropped
			x.Reductions.Late, x.again = false, true
		case x.report.Complete && !x.again:
			x.verify()
		}
		if !x.again {
			break
		}
		if err := x.reset(); err != nil {
			return nil, err
		}
	}
	if late && !x.Reductions.Late {
		x.report.Without = append(x.report.Without, "late")
	}
	if x.Menu.reader {
		x.report.Without = append(x.report.Without, "lazy")
	}
	x.report.States, x.report.Seconds = int64(len(x.visited)), time.Since(began).Seconds()
	return x.report, nil
}

// explore goes depth first through all that can happen.
func (x *Search) explore(ctx context.Context, began time.Time) {
	x.push(x.initial(), nil, x.deviations(), place{})
	for n := 0; len(x.stack) > 0; n++ {
		if n%1024 == 0 {
			if x.Progress != nil {
				x.Progress(Progress{x.report.Executions, int64(len(x.visited)), x.done()})
			}
			if x.report.Stopped = x.stopped(ctx, began); x.report.Stopped != "" {
				return
			}
		}
		top := x.stack[len(x.stack)-1]
		if top.next == len(top.steps) {
			x.stack = x.stack[:len(x.stack)-1]
			continue
		}
		top.next++
		left := top.left
		if left != unbounded && top.next > 1 {
			left--
		}
		step := top.steps[top.next-1]
		after, harm := x.apply(top.state, step)
		x.report.Steps++
		if x.again {
			return
		}
		x.push(after, harm, left, top.at.behind(step))
		if len(x.report.Violations) > 0 && !x.All {
			x.report.Stopped = "at a violation"
			return
		}
	}
	x.report.Complete = true
}

// done is the share of the tree that is behind the state in progress.
func (x *Search) done() (share float64) {
	branch := 1.0
	for _, f := range x.stack {
		branch /= float64(len(f.steps))
		share += branch * float64(max(0, f.next-1))
	}
	return share
}

// deviations are how many an execution may have.
func (x *Search) deviations() byte {
	if x.Deviations == 0 {
		return unbounded
	}
	return byte(x.Deviations)
}

// push goes on from the state with so many deviations left, unless it is known or the execution ends in it.
func (x *Search) push(s *state, harm *finding, left byte, at place) {
	key := s.key()
	if left != unbounded {
		key = at.with(key)
	}
	had, known := x.visited[key]
	if known = known && had >= left; !known {
		x.visited[key] = left
	}
	if known && x.Reductions.States && harm == nil {
		x.report.Executions++
		return
	}
	if harm == nil {
		harm = x.stuck(s)
	}
	var steps []step
	if harm == nil {
		steps = x.steps(s, left == 0)
	}
	others := steps // that may be tried in any order
	if left != unbounded && len(steps) > 0 {
		steps = x.byItself(s, at, steps)
		if left == 0 {
			steps = steps[:1]
		}
		others = steps[1:]
	}
	if x.Shuffle != 0 {
		order := rand.New(rand.NewPCG(x.Shuffle, uint64(len(x.visited))))
		order.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	}
	if len(steps) == 0 {
		x.report.Executions++
		x.end(s, harm)
		return
	}
	x.stack = append(x.stack, &frame{state: s, steps: steps, left: left, at: at})
}

// Interrupted is what stopped an exploration whose context ended.
const Interrupted = "interrupted"

// stopped says what stops the exploration, if anything does.
func (x *Search) stopped(ctx context.Context, began time.Time) string {
	b := x.Bound
	switch {
	case ctx.Err() != nil:
		return Interrupted
	case b.Executions > 0 && x.report.Executions >= b.Executions:
		return fmt.Sprintf("after %d executions", b.Executions)
	case b.States > 0 && int64(len(x.visited)) >= b.States:
		return fmt.Sprintf("after %d states", b.States)
	case b.Time > 0 && time.Since(began) >= b.Time:
		return "after " + b.Time.String()
	}
	return ""
}
