package prototest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

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

// fill sets all fields in v, each to something else, except for those that are not sent.
func fill(v reflect.Value, n *uint64) {
	if !v.CanSet() {
		return
	}
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

// conformRequests: servers answer what comes again as if it had not and store nothing, refuse what no client sends, and blame nobody
// for records that they cannot read.
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
		state := &Peek{Cluster: c, Server: e.Server, Key: "k"}
		_, records, err := c.Servers[e.Server].Handle(e.Run.Role, "k", e.Message, state)
		if err != nil || len(records) > 0 && !p.Traits(1).Peers { // which keep who waits for the reply
			t.Errorf("%v, again: %v, and %d records", e, err, len(records))
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
	for _, e := range requests {
		c.CheckBadSectors("k", e.Server, Request{e.Run.Role, e.Message})
	}
	c = New(t, p, 1, "modern", 1) // whose servers have seen nothing
	c.CheckRefused(refused)
	for _, e := range requests {
		long := protocols.Key(strings.Repeat("k", protocols.MaxKeyBytes+1))
		if _, err := c.Request(e.Run.Role, long, e.Server, e.Message); !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("%v for a long key: %v, want a refusal", e, err)
		}
		conformBrokenState(t, c, e)
		c.CheckBadSectors("k", e.Server, Request{e.Run.Role, e.Message})
		body := reflect.ValueOf(p.NewBody(e.Body.Kind()))
		for n := range body.Elem().NumField() { // it lacks fields: refused or not, the server has no fault
			_, _ = c.Request(protocols.Writer, "k", e.Server, protocols.Message{Body: body.Interface().(protocols.Body)})
			if body.Elem().Field(n).CanSet() {
				body.Elem().Field(n).Set(reflect.ValueOf(e.Body).Elem().Field(n))
			}
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
// operation; nor if it comes to a WRITE that died when its last round had reached one server, or two, and repairs it.
func conformReplies(t *testing.T, p protocols.Protocol) {
	noise := []protocols.Message{{}, {Payload: []byte("v")}}
	for _, body := range bodies(p) {
		noise = append(noise, protocols.Message{Body: body}, protocols.Message{Body: body, Payload: []byte("v")})
	}
	for _, reached := range [][]int{nil, {0}, {0, 1}} {
		c := New(t, p, 1, "modern", 1)
		w := c.Client(1, protocols.Writer)
		c.Finish(w.Write("k", []byte("v")))
		if reached != nil {
			c.die(w.Write("k", []byte("v")), len(p.Traits(1).Write), reached...)
		}
		c.CheckIgnored(w, func(honest protocols.Message) []protocols.Message {
			return slices.DeleteFunc(slices.Clone(noise), func(m protocols.Message) bool {
				return m.Body != nil && m.Body.Kind() == honest.Body.Kind()
			})
		})
	}
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
// each of the replies that are wrong in place of the honest one, which they send after them; and replies to earlier
// rounds come again. None may end the round, and the operation must come to its end after it.
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
			requests = step.More
		}
	}
	var answers []protocols.Message // of servers that answer one another first
	if c.protocol.Traits(c.Faults).Peers {
		answers = c.answers(requests)
	}
	answered, noisy := make([]bool, len(c.Servers)), false
	for server := 0; server < len(c.Servers); server++ {
		if answered[server] || requests[server].Body == nil {
			continue
		}
		var reply protocols.Message
		var err error
		if answers != nil {
			reply = answers[server]
		} else if reply, err = c.Request(protocols.Writer, "k", server, requests[server]); err != nil {
			c.Fatalf("round %d of %T: %v", round, op, err)
		}
		for i, old := range *past {
			ignored(op.Answer(i+1, server, old), "a late", old)
			ignored(op.Answer(i+1, server, reply), "a late", reply)
		}
		for _, m := range wrong(reply) {
			for n := 0; !noisy && n < 2*len(c.Servers); n++ {
				ignored(op.Answer(round, n/2, m), "the wrong", m)
			}
		}
		answered[server], noisy = true, true
		step := op.Answer(round, server, reply)
		if step.Done || step.Next != nil {
			*past = append(*past, reply)
			return step.Next
		}
		if step.More != nil {
			requests, server = step.More, -1 // those that were not asked before
		}
	}
	c.Fatalf("%T does not end round %d", op, round)
	return nil
}
