package mpowerstore_test

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/candidates"
	. "github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/wire"
)

// A watch is the protocol, and looks on while random schedules play: it asks, at the moments of which the paper's
// claims speak, whether they hold. A question that is nil is not asked.
type watch struct {
	protocols.Protocol
	// adopts is asked when a correct server is about to set lc from old to c.
	adopts func(w *watch, server int, key protocols.Key, old, c Candidate)
	// excludes is asked when a READ has dropped c from C.
	excludes func(w *watch, key protocols.Key, c Candidate)
	// ends is asked when an operation has ended.
	ends func(w *watch, e ended)

	cluster *prototest.Cluster    // of the current schedule
	servers []*Server             // by index, lying or not
	lying   []int                 // the Byzantine ones
	writes  map[protocols.Key]int // how many WRITEs have begun
	asked   int
}

// ended is an operation that has ended.
type ended struct {
	key    protocols.Key
	op     protocols.Op
	rounds int
	ts     protocols.Timestamp
}

// play plays schedules in which corrupt makes servers Byzantine, with every kind of proofs: the paper's most. A claim
// that was never asked about fails.
func (w *watch) play(t *testing.T, corrupt func(*prototest.Cluster, int)) {
	t.Helper()
	for _, p := range kinds {
		w.Protocol, w.asked = p, 0
		t.Run(protocols.NameOf(p), func(t *testing.T) { w.playOne(t, p, corrupt) })
	}
}

func (w *watch) playOne(t *testing.T, p protocols.Protocol, corrupt func(*prototest.Cluster, int)) {
	t.Helper()
	schedules := map[int]int{1: 30, 2: 10}
	if p != ours {
		schedules = map[int]int{1: 6, 2: 3}
	}
	for faults, seeds := range schedules {
		prototest.Scenario{
			Protocol: w, Faults: faults, Seeds: seeds, Byzantine: func(c *prototest.Cluster, server int) {
				if w.cluster != c { // a new schedule
					w.cluster, w.lying, w.writes = c, nil, map[protocols.Key]int{}
				}
				w.lying = append(w.lying, server)
				corrupt(c, server)
			},
		}.Check(t)
	}
	if w.asked == 0 && !t.Failed() {
		t.Error("no schedule came to the moment in question")
	}
}

func (w *watch) NewServer(p protocols.ServerParams) protocols.Server {
	if p.Index == 0 {
		w.servers = nil
	}
	w.servers = append(w.servers, w.Protocol.NewServer(p).(*Server))
	return watchedServer{w.servers[p.Index], p.Index, w}
}

func (w *watch) NewRegister(p protocols.ClientParams) protocols.Register {
	return watchedRegister{w.Protocol.NewRegister(p), w}
}

// correct is the servers that are not Byzantine and of which the condition holds.
func (w *watch) correct(holds func(server int) bool) (n int) {
	for i := range w.servers {
		if !slices.Contains(w.lying, i) && holds(i) {
			n++
		}
	}
	return n
}

// valid reports whether a server finds the candidate valid.
func (w *watch) valid(i int, key protocols.Key, c Candidate) bool {
	valid, err := w.servers[i].Valid(key, peek(w.cluster, i, key), c)
	if err != nil {
		w.cluster.Fatalf("%v", err)
	}
	return valid
}

// holds reports whether a server's lc is at ts or higher.
func (w *watch) holds(i int, key protocols.Key, ts protocols.Timestamp) bool {
	return !lcOf(w.cluster, i, key).TS.Less(ts)
}

type watchedServer struct {
	*Server
	index int
	w     *watch
}

func (s watchedServer) Handle(from protocols.Role, key protocols.Key, request protocols.Message,
	state protocols.StateReader,
) (protocols.Message, []protocols.Record, error) {
	reply, records, err := s.Server.Handle(from, key, request, state)
	if s.w.adopts == nil || slices.Contains(s.w.lying, s.index) {
		return reply, records, err
	}
	for _, r := range records {
		if r.Name != candidates.RecordLC {
			continue
		}
		var c Candidate
		if err := wire.Unmarshal(r.Body, &c); err != nil {
			s.w.cluster.Fatalf("%v", err)
		}
		s.w.asked++
		s.w.adopts(s.w, s.index, key, lcOf(s.w.cluster, s.index, key), c)
	}
	return reply, records, err
}

type watchedRegister struct {
	protocols.Register
	w *watch
}

func (r watchedRegister) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	op := r.Register.Read(key, mem)
	return &watchedOperation{Operation: op, w: r.w, ended: ended{key: key, op: protocols.Read, rounds: 1}}
}

func (r watchedRegister) Write(key protocols.Key, value []byte, mem protocols.Memory) protocols.Operation {
	r.w.writes[key]++
	op := r.Register.Write(key, value, mem)
	return &watchedOperation{Operation: op, w: r.w, ended: ended{key: key, op: protocols.Write, rounds: 1}}
}

type watchedOperation struct {
	protocols.Operation
	w     *watch
	ended ended
}

func (o *watchedOperation) Answer(round, server int, reply protocols.Message) protocols.Step {
	r, isRead := o.Operation.(*Reader)
	var before []Candidate
	if isRead && round == RoundFilter {
		before = slices.Clone(r.C)
	}
	step := o.Operation.Answer(round, server, reply)
	for _, c := range before {
		if o.w.excludes != nil && !slices.ContainsFunc(r.C, c.Same) {
			o.w.asked++
			o.w.excludes(o.w, o.ended.key, c)
		}
	}
	if step.Next != nil {
		o.ended.rounds++
	}
	if step.Done && o.w.ends != nil {
		result, _ := o.Result()
		o.ended.ts = result.Timestamp
		o.w.asked++
		o.w.ends(o.w, o.ended)
	}
	return step
}
