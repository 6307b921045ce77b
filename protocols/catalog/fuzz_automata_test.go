package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/sweep"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// Whatever a server is sent, by writers, readers and other servers, it does not end, answers or refuses, stores nothing when it
// refuses, and what it answers and stores can be encoded.
func FuzzServers(f *testing.F) {
	all := fuzzed()
	for i := range all {
		write, read := toServer(f, i)
		f.Add(uint8(i), slices.Concat(write, read))
		f.Add(uint8(i), toClient(f, i, protocols.Read))
	}
	sweep.Fuzz(f, func(t testing.TB, protocol uint8, text []byte) {
		p := all[int(protocol)%len(all)]
		server, store := ringOf(t, p).server(p), play.Store{}
		for lines := (script{text}); ; {
			in, ok := lines.incoming(p)
			if !ok {
				return
			}
			effects, err := takes(t, server, in, store)
			if err != nil && !errors.Is(err, protocols.ErrRefused) {
				t.Fatalf("%T: %v", in.Body, err)
			}
			store.Put("k", effects.Records...)
		}
	})
}

// incoming is the next message that can be decoded, as a server gets it.
func (s *script) incoming(p protocols.Protocol) (in protocols.Incoming, ok bool) {
	for {
		from, m, ok := s.next(p)
		if !ok || m.Body != nil {
			role, server := sent(from, p.Traits(1).Servers)
			ticket := protocols.Ticket{Client: uint64(from), Request: uint64(len(s.left))}
			return protocols.Incoming{Key: "k", Message: m, Role: role, Server: server, Ticket: ticket}, ok
		}
	}
}

// takes lets the server take a message. It fails the test if the server has effects beside an error, or some that cannot be encoded.
func takes(t testing.TB, server protocols.Server, in protocols.Incoming, store play.Store) (protocols.Effects, error) {
	t.Helper()
	effects, err := protocols.Take(server, in, store.Lend("k"))
	if err == nil {
		encodable(t, effects)
		return effects, nil
	}
	if errors.Is(err, protocols.ErrRefused) && (len(effects.Records) > 0 || effects.Reply.Body != nil) {
		t.Fatalf("%T is refused, but answered or stored", in.Body)
	}
	return protocols.Effects{}, err
}

// encodable fails the test if a body cannot be sent.
func encodable(t testing.TB, e protocols.Effects) {
	t.Helper()
	bodies := []protocols.Body{e.Reply.Body}
	for _, l := range e.Later {
		bodies = append(bodies, l.Message.Body)
	}
	for _, m := range e.Peers {
		bodies = append(bodies, m.Body)
	}
	for _, b := range bodies {
		if b != nil && !reflect.ValueOf(b).IsNil() {
			encode(t, b)
		}
	}
}

// Whatever the body and the payload of a record become on a disk, a server refuses, says that it cannot read the record, or serves:
// it does not end, what it sends can be encoded, and asked the same again it says the same.
func FuzzRecords(f *testing.F) {
	all := fuzzed()
	for i := range all {
		write, read := toServer(f, i)
		records := filled(f, all[i], ringOf(f, all[i]).server(all[i]), write)["k"]
		for record, name := range slices.Sorted(maps.Keys(records)) {
			is := records[name]
			bodies := [][]byte{{}, {0xc0}, {0x90}, {0x91, 0xc0}, {0x92, 0x92, 0xff, 1, 0xc0}, {0xdd, 255, 255, 255, 255}, is.Body}
			for _, body := range bodies {
				f.Add(uint8(i), write, uint8(record), body, is.Payload, slices.Concat(read, write))
			}
			f.Add(uint8(i), write, uint8(record), is.Body, is.Payload[:len(is.Payload)/2], slices.Concat(read, write))
			f.Add(uint8(i), write, uint8(record), is.Body, bytes.Repeat(is.Body, 4), slices.Concat(read, write))
		}
	}
	sweep.Fuzz(f, func(t testing.TB, protocol uint8, before []byte, record uint8, body, payload, after []byte) {
		p := all[int(protocol)%len(all)]
		server := ringOf(t, p).server(p)
		store := filled(t, p, server, before)
		names := slices.Sorted(maps.Keys(store["k"]))
		if len(names) == 0 {
			return
		}
		store.Put("k", protocols.Record{Name: names[int(record)%len(names)], Body: body, Payload: payload})
		for lines := (script{after}); ; {
			in, ok := lines.incoming(p)
			if !ok {
				return
			}
			first, err := takes(t, server, in, store)
			again, twice := takes(t, server, in, store)
			if (err == nil) != (twice == nil) || !reflect.DeepEqual(first.Records, again.Records) {
				t.Fatalf("%T: stores %v (%v), then %v (%v)", in.Body, first.Records, err, again.Records, twice)
			}
			store.Put("k", first.Records...)
		}
	})
}

// filled is what the server has stored after the messages.
func filled(t testing.TB, p protocols.Protocol, server protocols.Server, text []byte) play.Store {
	t.Helper()
	store := play.Store{}
	for lines := (script{text}); ; {
		in, ok := lines.incoming(p)
		if !ok {
			return store
		}
		if effects, err := protocols.Take(server, in, store.Lend("k")); err == nil {
			store.Put("k", effects.Records...)
		}
	}
}

// Whatever servers answer, a client's operation does not end the process, asks no server twice in a round, and once it is done it has
// a result or says why not.
func FuzzClients(f *testing.F) {
	all := fuzzed()
	for i := range all {
		for _, op := range []protocols.Op{protocols.Write, protocols.Read} {
			f.Add(uint8(i), toClient(f, i, op))
		}
	}
	sweep.Fuzz(f, func(t testing.TB, protocol uint8, text []byte) {
		p := all[int(protocol)%len(all)]
		for _, op := range []protocols.Op{protocols.Write, protocols.Read} {
			if _, err := answered(t, p, op, text); err != nil {
				t.Fatalf("%s of %s: %v", op, protocols.NameOf(p), err)
			}
		}
	})
}

// answered plays one operation whose servers answer what the script says. It reports whether the operation has a result.
func answered(t testing.TB, p protocols.Protocol, op protocols.Op, text []byte) (ended bool, err error) {
	t.Helper()
	register := ringOf(t, p).register(p)
	var o protocols.Operation
	if op == protocols.Write {
		o = register.Write("k", make([]byte, 40), heap{})
	} else {
		o = register.Read("k", heap{})
	}
	servers := p.Traits(1).Servers
	driver := play.New(o, servers)
	if _, err := driver.Start(); err != nil {
		return false, nil // it says why it cannot begin
	}
	for lines := (script{text}); !driver.Done(); {
		from, m, ok := lines.next(p)
		if !ok {
			return false, nil
		}
		if m.Body == nil {
			continue
		}
		if _, err := driver.Answer(driver.Round(), int(from)%servers, m); err != nil {
			return false, fmt.Errorf("asked for what no operation may: %w", err)
		}
	}
	result, err := driver.Result()
	if err == nil && op == protocols.Read && len(result.Value) > protocols.MaxValueBytes {
		return false, fmt.Errorf("a value of %d bytes", len(result.Value))
	}
	return err == nil, nil
}

// The seeds reach what is behind signatures and checksums: a server stores, and operations have results.
func TestSeedsAreTaken(t *testing.T) {
	for i, p := range fuzzed() {
		name := protocols.NameOf(p)
		write, _ := toServer(t, i)
		rsa := strings.HasSuffix(name, "+rsa") // its keys cannot be drawn twice alike, so that a server does not know the WRITE's writer
		if len(filled(t, p, ringOf(t, p).server(p), write)["k"]) == 0 && !rsa {
			t.Errorf("a server of %s stores nothing upon a WRITE's messages", name)
		}
		for _, op := range []protocols.Op{protocols.Write, protocols.Read} {
			if ended, err := answered(t, p, op, toClient(t, i, op)); !ended {
				t.Errorf("%s of %s has no result: %v", op, name, err)
			}
		}
	}
}
