package prototest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// Conform holds a protocol to what the model asks of any. A protocol's own tests are about what is particular to it:
// which lies it withstands, which replies it takes for malformed, which sentence of its paper relies on what.
func Conform(t *testing.T, p protocols.Protocol) {
	t.Helper()
	for _, aspect := range []struct {
		name  string
		check func(*testing.T, protocols.Protocol)
	}{
		{"traits", conformTraits},
		{"bodies", conformBodies},
		{"quiet", conformQuiet},
		{"silence", conformSilence},
		{"beginnings", conformBeginnings},
		{"requests", conformRequests},
		{"replies", conformReplies},
		{"deaths", conformDeaths},
		{"sequences", CheckSequential},
		{"schedules", func(t *testing.T, p protocols.Protocol) {
			seeds := 80
			if p.Traits(1).Scheme != "" {
				seeds = 6 // it differs in its signatures alone, which may take long
			}
			for faults := 1; faults <= 3; faults++ {
				Scenario{Protocol: p, Faults: faults, Seeds: seeds / faults}.Check(t)
			}
			Scenario{Protocol: p, Suite: "paper", Seeds: 5}.Check(t)
		}},
	} {
		t.Run(aspect.name, func(t *testing.T) { aspect.check(t, p) })
	}
}

// conformTraits: any two quorums share a server that is not faulty or, where servers lie, t+1 servers; and one is left
// when t servers are silent.
func conformTraits(t *testing.T, p protocols.Protocol) {
	for f := 1; f <= 10; f++ {
		is := p.Traits(f)
		if is.Quorum > is.Servers-f {
			t.Errorf("t=%d: a quorum of %d servers needs a faulty one among %d", f, is.Quorum, is.Servers)
		}
		if shared := 2*is.Quorum - is.Servers; shared < 1+is.LyingServers {
			t.Errorf("t=%d: quorums of %d of %d share %d servers, of which %d may lie", f, is.Quorum, is.Servers, shared,
				is.LyingServers)
		}
		if is.LyingServers != 0 && (is.LyingServers != f || is.Servers <= 3*f) {
			t.Errorf("t=%d: %d of %d servers may lie", f, is.LyingServers, is.Servers)
		}
		for _, legs := range [][]protocols.Leg{is.Read, is.Write} {
			if len(legs) == 0 || len(legs) > protocols.MaxRounds {
				t.Errorf("t=%d: an operation of %d rounds", f, len(legs))
			}
		}
		if name, variant := protocols.SplitName(is.System()); name != is.Name || variant != is.Variant || is.Title == "" {
			t.Errorf("t=%d: %q, of %q and %q, titled %q", f, is.System(), is.Name, is.Variant, is.Title)
		}
	}
}

// conformBodies: NewBody makes a body of the kind it is asked for, and it passes through the codec empty and full.
func conformBodies(t *testing.T, p protocols.Protocol) {
	if bodies(p)[0] != nil || len(bodies(p)) < 2 {
		t.Errorf("%d kinds, want a request and a reply at least, and none of kind 0", len(bodies(p)))
	}
	for kind, body := range bodies(p) {
		if body.Kind() != kind {
			t.Errorf("NewBody(%d) is a %T of kind %d", kind, body, body.Kind())
		}
		n := uint64(0)
		for range 2 {
			data, err := wire.Marshal(nil, body)
			got := p.NewBody(kind)
			if err := errors.Join(err, wire.Unmarshal(data, got)); err != nil || !reflect.DeepEqual(got, body) {
				t.Errorf("%+v comes out of the codec as %+v, %v", body, got, err)
			}
			fill(reflect.ValueOf(body).Elem(), &n)
		}
	}
}

// bodies is an empty body of each kind that the protocol has.
func bodies(p protocols.Protocol) map[protocols.Kind]protocols.Body {
	all := map[protocols.Kind]protocols.Body{}
	for k := range 256 {
		if body := p.NewBody(protocols.Kind(k)); body != nil {
			all[protocols.Kind(k)] = body
		}
	}
	return all
}

// fill sets all fields in v, each to something else.
func fill(v reflect.Value, n *uint64) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(*n % 200)
	default:
		panic("no body of ours has a " + v.Type().String())
	}
}

// quiet delivers all that a run brings about, oldest first, and returns the bytes of payload to and from servers, by
// round.
func (c *Cluster) quiet(run *Run) (up, down [protocols.MaxRounds + 1]float64) {
	c.Deliver(func(e Envelope) bool {
		if e.Reply {
			down[e.Round] += float64(len(e.Payload))
		} else {
			up[e.Round] += float64(len(e.Payload))
		}
		return true
	})
	c.Finish(run)
	return up, down
}

// conformQuiet: when nothing interferes, operations take the rounds that Traits says, move what its legs say, and return
// what a register must.
func conformQuiet(t *testing.T, p protocols.Protocol) {
	for faults := 1; faults <= 3; faults++ {
		is := p.Traits(faults)
		c := New(t, p, faults, map[bool]string{true: "paper", false: "modern"}[faults == 2], 1)
		w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
		none := r.Read("k")
		if got := c.Finish(none); !got.Bottom || got.Value != nil || !got.Timestamp.IsZero() || none.Rounds() != 1 {
			t.Errorf("t=%d: a READ before any WRITE: %+v after %d rounds, want ⊥ after 1", faults, got, none.Rounds())
		}
		for i, value := range [][]byte{[]byte("v"), {}, make([]byte, 1<<20), nil, []byte("w")} {
			want := protocols.Timestamp{Num: uint64(i) + 1, PID: 1}
			write := w.Write("k", value)
			c.checkLegs(write, is.Write, len(value))
			if got, _ := write.Result(); got.Timestamp != want || got.Value != nil || got.Bottom {
				t.Errorf("t=%d: WRITE %d: %+v, want timestamp %v and no value", faults, i+1, got, want)
			}
			for _, client := range []*Client{r, w} {
				read := client.Read("k")
				c.checkLegs(read, is.Read, len(value))
				got, _ := read.Result()
				if !bytes.Equal(got.Value, value) || got.Value == nil || got.Bottom || got.Timestamp != want {
					t.Errorf("t=%d: the READ after WRITE %d of %d bytes: %d bytes, ⊥ %v, timestamp %v", faults, i+1, len(value),
						len(got.Value), got.Bottom, got.Timestamp)
				}
			}
		}
		if got := c.Finish(r.Read("other")); !got.Bottom {
			t.Errorf("t=%d: a READ of another key: %+v", faults, got)
		}
		if got := c.Finish(w.Write("other", nil)); got.Timestamp.Num != 1 {
			t.Errorf("t=%d: the first WRITE of another key: %v", faults, got.Timestamp)
		}
	}
}

// checkLegs plays the run and compares what moves with the legs, give or take 3 bytes a message: fragments are rounded
// up.
func (c *Cluster) checkLegs(run *Run, legs []protocols.Leg, length int) {
	up, down := c.quiet(run)
	if run.Rounds() != len(legs) {
		c.Fatalf("a quiet %s takes %d rounds, Traits says %d", run.Kind, run.Rounds(), len(legs))
	}
	for i, leg := range legs {
		all := float64(len(c.Servers) * length)
		off := max(math.Abs(up[i+1]-leg.Request*all), math.Abs(down[i+1]-leg.Reply*all))
		if off > float64(3*len(c.Servers)) {
			c.Fatalf("round %d of a %s of %d bytes moves %v bytes up and %v down, Traits says %+v", i+1, run.Kind, length,
				up[i+1], down[i+1], leg)
		}
	}
}

// conformSilence: whatever t servers in a row are silent, values of all short lengths and of the largest come back.
func conformSilence(t *testing.T, p protocols.Protocol) {
	for faults := 1; faults <= 4; faults++ {
		c := New(t, p, faults, "modern", 1)
		w, r := c.Client(1, protocols.Writer), c.Client(2, protocols.Reader)
		lengths := []int{protocols.MaxValueBytes}
		for n := range 71 {
			lengths = append(lengths, n)
		}
		for i, n := range lengths[min(1, faults-1):] {
			value := make([]byte, n)
			for i := range value {
				value[i] = byte(i * i >> 3)
			}
			c.Hold(func(e Envelope) bool { return (e.Server+i)%len(c.Servers) < faults })
			c.Finish(w.Write("k", value))
			if got := c.Finish(r.Read("k")); got.Bottom || got.Value == nil || !bytes.Equal(got.Value, value) {
				t.Fatalf("t=%d: a value of %d bytes came back as %d bytes", faults, n, len(got.Value))
			}
			c.Lose(Everything)
			c.Release()
		}
	}
}

// conformBeginnings: what a client must not do ends at once, with an error and without messages.
func conformBeginnings(t *testing.T, p protocols.Protocol) {
	c := New(t, p, 1, "modern", 1)
	long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
	w := c.Client(2, protocols.Writer)
	params := protocols.ClientParams{T: 1, PID: 1, Suite: c.Suite}
	for name, run := range map[string]*Run{
		"a reader's WRITE":      c.Client(1, protocols.Reader).Write("k", nil),
		"a WRITE by process 0":  c.Client(0, protocols.Writer).Write("k", nil),
		"a READ of a long key":  w.Read(long),
		"a WRITE to a long key": w.Write(long, nil),
		"a WRITE too large":     w.Write("k", make([]byte, protocols.MaxValueBytes+1)),
		"a WRITE without a key": c.Start(w, "k", protocols.Write, nil, p.NewRegister(params).Write("k", nil, protocols.Heap{})),
	} {
		if _, err := run.Result(); len(c.Flying()) > 0 || !run.Done() || err == nil {
			t.Errorf("%s begins, or ends without an error", name)
		}
	}
	reason := errors.New("no entropy")
	params.Keys, params.Entropy = c.WriterKeys, iotest.ErrReader(reason)
	run := c.Start(w, "k", protocols.Write, nil, p.NewRegister(params).Write("k", nil, protocols.Heap{}))
	c.Run()
	if _, err := run.Result(); !run.Done() || err != nil && !errors.Is(err, reason) {
		t.Errorf("a WRITE without entropy: done %v, %v", run.Done(), err)
	}
}

// conformRequests: servers answer what comes again as if it had not, refuse what no client sends, and blame nobody for
// records that they cannot read.
func conformRequests(t *testing.T, p protocols.Protocol) {
	c := New(t, p, 1, "modern", 1)
	runs := []*Run{c.Client(1, protocols.Writer).Write("k", []byte("value"))}
	c.quiet(runs[0])
	runs = append(runs, c.Client(2, protocols.Reader).Read("k"))
	c.quiet(runs[1])
	var requests []Envelope
	for _, r := range runs {
		requests = append(requests, slices.DeleteFunc(slices.Clone(r.Trace), func(e Envelope) bool { return e.Reply })...)
	}
	before := fmt.Sprint(c.states)
	for _, e := range requests {
		if _, err := c.Request(e.Run.Role, "k", e.Server, e.Message); err != nil || fmt.Sprint(c.states) != before {
			t.Errorf("%v, again: %v, or it changes the records", e, err)
		}
	}
	w := protocols.Writer
	refused := map[string]Request{"no body": {Role: w}, "an unknown kind": From(w, &Raw{As: 99}, nil)}
	for _, e := range slices.Concat(runs[0].Trace, runs[1].Trace) {
		if e.Reply {
			refused[fmt.Sprintf("the reply %T", e.Body)] = Request{w, e.Message}
		} else if len(e.Payload) > 0 {
			refused[fmt.Sprintf("a huge %T", e.Body)] = From(w, e.Body, make([]byte, protocols.MaxValueBytes+1))
		}
	}
	c = New(t, p, 1, "modern", 1) // whose servers have seen nothing
	c.CheckRefused(refused)
	for _, e := range requests {
		long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
		if _, err := c.Request(e.Run.Role, long, e.Server, e.Message); !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("%v for a long key: %v, want a refusal", e, err)
		}
		conformBrokenState(t, c, e)
		body := reflect.ValueOf(p.NewBody(e.Body.Kind()))
		for n := range body.Elem().NumField() { // it lacks fields: refused or not, the server has no fault
			_, _ = c.Request(protocols.Writer, "k", e.Server, protocols.Message{Body: body.Interface().(protocols.Body)})
			body.Elem().Field(n).Set(reflect.ValueOf(e.Body).Elem().Field(n))
		}
	}
}

func conformBrokenState(t *testing.T, c *Cluster, e Envelope) {
	t.Helper()
	server, peek := c.Servers[e.Server], &Peek{Cluster: c, Server: e.Server, Key: "k"}
	_, _, _ = server.Handle(e.Run.Role, "k", e.Message, peek)
	reason := errors.New("disk on fire")
	_, records, err := server.Handle(e.Run.Role, "k", e.Message, Broken{Err: reason})
	if asked := len(peek.Looks)+len(peek.Payloads) > 0; errors.Is(err, reason) != asked || len(records) > 0 && asked {
		t.Errorf("%v on a broken disk: %v and %d records", e, err, len(records))
	}
	_, _, err = server.Handle(e.Run.Role, "k", e.Message, Broken{Junk: []byte("junk")})
	if err != nil && (errors.Is(err, protocols.ErrRefused) || !strings.Contains(err.Error(), "is damaged")) {
		t.Errorf("%v with damaged records: %v", e, err)
	}
}

// conformReplies: what comes late for another round, and what is no answer at all, neither ends a round nor derails the
// operation.
func conformReplies(t *testing.T, p protocols.Protocol) {
	c := New(t, p, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("v")))
	noise := []protocols.Message{{}, {Payload: []byte("v")}}
	for _, body := range bodies(p) {
		noise = append(noise, protocols.Message{Body: body}, protocols.Message{Body: body, Payload: []byte("v")})
	}
	c.CheckIgnored(w, func(honest protocols.Message) []protocols.Message {
		return slices.DeleteFunc(slices.Clone(noise), func(m protocols.Message) bool {
			return m.Body != nil && m.Body.Kind() == honest.Body.Kind()
		})
	})
}

// A Request is one request of a client of the role.
type Request struct {
	protocols.Role
	protocols.Message
}

// From is a request.
func From(role protocols.Role, body protocols.Body, payload []byte) Request {
	return Request{role, protocols.Message{Body: body, Payload: payload}}
}

// CheckRefused wants the first server to refuse all of the requests for key k, and to store nothing.
func (c *Cluster) CheckRefused(requests map[string]Request) {
	c.t.Helper()
	for name, r := range requests {
		if _, err := c.Request(r.Role, "k", 0, r.Message); !errors.Is(err, protocols.ErrRefused) || c.Records(0, "k") != 0 {
			c.Fatalf("%s: %v and %d records, want a refusal", name, err, c.Records(0, "k"))
		}
	}
}

// CheckIgnored plays a READ and a WRITE of key k, which must hold "v", by hand. In each round all servers send, twice,
// each of the wrong replies, given the one that they do send after them; and those to earlier rounds come again. None may end the round, and the operation must come to its end after it.
func (c *Cluster) CheckIgnored(client *Client, wrong func(honest protocols.Message) []protocols.Message) {
	c.t.Helper()
	for _, op := range []protocols.Operation{
		client.Register.Read("k", protocols.Heap{}), client.Register.Write("k", []byte("next"), protocols.Heap{}),
	} {
		var past []protocols.Message // a reply to each round
		for requests := op.Start(); requests != nil; {
			requests = c.round(op, &past, requests, wrong)
		}
		result, err := op.Result()
		if err != nil || result.Timestamp.IsZero() || result.Value != nil && string(result.Value) != "v" {
			c.Fatalf("%T comes to %+v, %v", op, result, err)
		}
	}
}

// round plays one round and returns the requests of the next.
func (c *Cluster) round(op protocols.Operation, past *[]protocols.Message, requests protocols.Broadcast,
	wrong func(protocols.Message) []protocols.Message,
) protocols.Broadcast {
	c.t.Helper()
	round := len(*past) + 1
	ignored := func(step protocols.Step, what string, m protocols.Message) {
		if step.Done || step.Next != nil {
			c.Fatalf("%T takes %s %T%+v for an answer in round %d", op, what, m.Body, m.Body, round)
		}
		if step.More != nil {
			requests = slices.Clone(step.More)
		}
	}
	noisy := false
	for server := 0; server < len(c.Servers); server++ {
		if requests[server].Body == nil {
			continue
		}
		reply, err := c.Request(protocols.Writer, "k", server, requests[server])
		if err != nil {
			c.Fatalf("round %d of %T: %v", round, op, err)
		}
		for i, old := range *past {
			ignored(op.Answer(i+1, server, old), "a late", old)
			ignored(op.Answer(i+1, server, reply), "a late", reply)
		}
		if !noisy {
			for _, m := range wrong(reply) {
				for n := range 2 * len(c.Servers) {
					ignored(op.Answer(round, n/2, m), "the wrong", m)
				}
			}
			noisy, server = true, -1 // the operation may ask more servers now
			continue
		}
		step := op.Answer(round, server, reply)
		if step.Done || step.Next != nil {
			*past = append(*past, reply)
			return step.Next
		}
		if step.More != nil {
			requests, server = step.More, -1
		}
	}
	c.Fatalf("%T does not end round %d", op, round)
	return nil
}

// dies begins a WRITE whose client dies in the round, when its requests have reached the server alone.
func (c *Cluster) dies(w *Client, value string, round, server int) {
	run := w.Write("k", []byte(value))
	c.Deliver(func(e Envelope) bool { return run.Is(e) && (e.Round < round || e.Round == round && e.Server == server) })
	run.Abandon()
	c.Lose(Everything)
}

// conformDeaths: when clients die or give up half-way, no timestamp is used twice and READs do not go back in time.
func conformDeaths(t *testing.T, p protocols.Protocol) {
	is := p.Traits(1)
	for round, leg := range is.Write {
		if c := New(t, p, 1, "modern", 1); leg.Request > 0 || round == len(is.Write)-1 {
			w := c.Client(1, protocols.Writer)
			c.dies(w, "lost", round+1, 0)
			c.Hold(Of(0))
			if got := c.Finish(w.Write("k", []byte("next"))); got.Timestamp.Num != 2 {
				t.Errorf("the WRITE after one that was lost in round %d has timestamp %v: 1.1 was issued", round+1, got.Timestamp)
			}
		}
	}
	seen := false
	for i := range is.Servers * is.Servers * is.Servers {
		reached, first, second := i%is.Servers, i/is.Servers%is.Servers, i/is.Servers/is.Servers
		c := New(t, p, 1, "modern", 1)
		c.dies(c.Client(1, protocols.Writer), "v", len(is.Write), reached)
		reader := c.Client(2, protocols.Reader)
		var got [2]protocols.Result
		for i, silent := range []int{first, second} {
			c.Hold(Of(silent))
			got[i] = c.Finish(reader.Read("k"))
			c.Lose(Everything)
			c.Release()
		}
		seen = seen || !got[0].Bottom
		if !got[0].Bottom && (string(got[0].Value) != "v" || string(got[1].Value) != "v") {
			t.Errorf("the WRITE reached s%d; READs without s%d and s%d return %q and %q", reached+1, first+1, second+1,
				got[0].Value, got[1].Value)
		}
	}
	if !seen {
		t.Error("no READ returns the value of a WRITE that died in its last round")
	}
}
