package catalog

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/wire"
)

// fuzzed are the protocols that messages are made up for.
func fuzzed() []protocols.Protocol { return slices.Concat(All(), Variants()) }

// addBodies adds what correct clients and servers send: a WRITE's and a READ's messages of each protocol.
func addBodies(f *testing.F, add func(protocol int, kind protocols.Kind, body, payload []byte)) {
	f.Helper()
	for i, p := range fuzzed() {
		s, err := protocols.SuiteFor(p, "modern")
		if err != nil {
			f.Fatal(err)
		}
		for _, op := range []protocols.Op{protocols.Write, protocols.Read} {
			said, err := play.DryRun(play.Case{Protocol: p, Suite: s, T: 1, Op: op, ValueBytes: 40, Key: "k", PID: 1, Writes: 1}, heap{})
			if err != nil {
				f.Fatal(err)
			}
			for _, leg := range said {
				for _, m := range slices.Concat(leg.Requests, leg.Replies, leg.Between) {
					if m.Body == nil {
						continue
					}
					body, err := wire.Marshal(nil, m.Body)
					if err != nil {
						f.Fatal(err)
					}
					add(i, m.Body.Kind(), body, m.Payload)
				}
			}
		}
	}
}

// heap is memory that the collector takes back.
type heap struct{}

func (heap) Bytes(n int) []byte { return make([]byte, n) }

// Whatever bytes a body is decoded from, it is refused or is what its own encoding is decoded to: nothing is lost on the way through
// a server that passes it on or stores it.
func FuzzBodies(f *testing.F) {
	addBodies(f, func(protocol int, kind protocols.Kind, body, _ []byte) { f.Add(uint8(protocol), uint8(kind), body) })
	all := fuzzed()
	f.Fuzz(func(t *testing.T, protocol, kind uint8, data []byte) {
		p := all[int(protocol)%len(all)]
		body := p.NewBody(protocols.Kind(kind))
		if body == nil || wire.Unmarshal(data, body) != nil {
			return
		}
		again, err := wire.Marshal(nil, body)
		if err != nil {
			t.Fatalf("%T cannot be sent: %v", body, err)
		}
		copied := p.NewBody(protocols.Kind(kind))
		if err := wire.Unmarshal(again, copied); err != nil {
			t.Fatalf("%T: what it sends is refused: %v", body, err)
		}
		twice, err := wire.Marshal(nil, copied)
		if err != nil || string(twice) != string(again) {
			t.Fatalf("%T: %x becomes %x: %v", body, again, twice, err)
		}
	})
}

// A script is messages, one after the other, as bytes have it: what is made of any bytes is what a faulty peer may send.
type script struct{ left []byte }

// next takes a message off the script: who sends it, and what; the payload is as long as a byte says.
func (s *script) next(p protocols.Protocol) (from byte, m protocols.Message, ok bool) {
	if len(s.left) < 4 {
		return 0, m, false
	}
	from, kind, length, payload := s.left[0], s.left[1], int(s.left[2]), int(s.left[3])
	s.left = s.left[4:]
	data := s.left[:min(length, len(s.left))]
	s.left = s.left[len(data):]
	body := p.NewBody(protocols.Kind(kind))
	if body == nil || wire.Unmarshal(data, body) != nil {
		return from, m, true
	}
	m.Body = body
	if payload > 0 {
		m.Payload = slices.Repeat([]byte{from}, payload)
	}
	return from, m, true
}

// line is a message as a script has it.
func line(from byte, kind protocols.Kind, body, payload []byte) []byte {
	if len(body) > 255 {
		return nil
	}
	return append([]byte{from, byte(kind), byte(len(body)), byte(min(255, len(payload)))}, body...)
}

// addScripts adds, for each protocol, all that is said in an operation as one script.
func addScripts(f *testing.F) {
	f.Helper()
	scripts := map[int][]byte{}
	addBodies(f, func(protocol int, kind protocols.Kind, body, payload []byte) {
		scripts[protocol] = append(scripts[protocol], line(byte(len(scripts[protocol])), kind, body, payload)...)
	})
	for protocol, text := range scripts {
		f.Add(uint8(protocol), text)
	}
}

// Whatever a server is sent, by writers, readers and other servers, it does not end, answers or refuses, stores nothing when it
// refuses, and what it answers and stores can be encoded.
func FuzzServers(f *testing.F) {
	addScripts(f)
	all := fuzzed()
	f.Fuzz(func(t *testing.T, protocol uint8, text []byte) {
		p := all[int(protocol)%len(all)]
		s, err := protocols.SuiteFor(p, "modern")
		if err != nil {
			t.Fatal(err)
		}
		keys, _, _, err := protocols.GenerateKeys(p, 1, s, play.Entropy(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		server := p.NewServer(protocols.ServerParams{T: 1, Suite: s, Keys: keys[0]})
		store := play.Store{}
		for lines := (script{text}); ; {
			from, m, ok := lines.next(p)
			if !ok {
				return
			}
			if m.Body == nil {
				continue
			}
			in := protocols.Incoming{Key: "k", Message: m, Role: protocols.Role(1 + from%2), Ticket: protocols.Ticket{Client: uint64(from), Request: 1}}
			if p.Traits(1).Peers && from%3 == 0 {
				in.Role, in.Server = 0, int(from/3)%p.Traits(1).Servers
			}
			effects, err := protocols.Take(server, in, store.Lend("k"))
			if err != nil {
				if !errors.Is(err, protocols.ErrRefused) {
					t.Fatalf("%T: %v", m.Body, err)
				}
				if len(effects.Records) > 0 || effects.Reply.Body != nil {
					t.Fatalf("%T is refused, but answered or stored", m.Body)
				}
				continue
			}
			encodable(t, effects)
			store.Put("k", effects.Records...)
		}
	})
}

// encodable fails the test if a body cannot be sent.
func encodable(t *testing.T, e protocols.Effects) {
	t.Helper()
	bodies := []protocols.Body{e.Reply.Body}
	for _, l := range e.Later {
		bodies = append(bodies, l.Message.Body)
	}
	for _, m := range e.Peers {
		bodies = append(bodies, m.Body)
	}
	for _, b := range bodies {
		if b == nil || reflect.ValueOf(b).IsNil() {
			continue
		}
		if _, err := wire.Marshal(nil, b); err != nil {
			t.Fatalf("%T cannot be sent: %v", b, err)
		}
	}
}

// Whatever servers answer, a client's operation does not end the process, asks no server twice in a round, and once it is done it has
// a result or says why not.
func FuzzClients(f *testing.F) {
	addScripts(f)
	all := fuzzed()
	f.Fuzz(func(t *testing.T, protocol uint8, text []byte) {
		p := all[int(protocol)%len(all)]
		for _, op := range []protocols.Op{protocols.Write, protocols.Read} {
			if err := answered(p, op, text); err != nil {
				t.Fatalf("%s of %s: %v", op, protocols.NameOf(p), err)
			}
		}
	})
}

// answered plays one operation whose servers answer what the script says.
func answered(p protocols.Protocol, op protocols.Op, text []byte) error {
	s, err := protocols.SuiteFor(p, "modern")
	if err != nil {
		return err
	}
	_, writer, _, err := protocols.GenerateKeys(p, 1, s, play.Entropy(1, 0))
	if err != nil {
		return err
	}
	register := protocols.Incarnate(p, protocols.ClientParams{T: 1, PID: 1, Suite: s, Keys: writer, Entropy: play.Entropy(1, 1)})
	var o protocols.Operation
	if op == protocols.Write {
		o = register.Write("k", []byte("value"), heap{})
	} else {
		o = register.Read("k", heap{})
	}
	servers := p.Traits(1).Servers
	driver := play.New(o, servers)
	if _, err := driver.Start(); err != nil {
		return nil // it says why it cannot begin
	}
	for lines := (script{text}); !driver.Done(); {
		from, m, ok := lines.next(p)
		if !ok {
			return nil
		}
		if m.Body == nil {
			continue
		}
		if _, err := driver.Answer(driver.Round(), int(from)%servers, m); err != nil {
			return fmt.Errorf("asked for what no operation may: %w", err)
		}
	}
	result, err := driver.Result()
	if err == nil && op == protocols.Read && len(result.Value) > protocols.MaxValueBytes {
		return fmt.Errorf("a value of %d bytes", len(result.Value))
	}
	return nil
}
