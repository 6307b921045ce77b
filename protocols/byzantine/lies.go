package byzantine

import (
	"bytes"
	"reflect"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// Ahead is the distance of a bogus timestamp from those that were written.
const Ahead = 1 << 40

// A Lie changes the reply of a server that lies.
type Lie func(Part, protocols.Message) protocols.Message

// In restricts the lie to replies of the type B.
func In[B protocols.Body](lie Lie) Lie {
	return func(p Part, reply protocols.Message) protocols.Message {
		if _, ok := reply.Body.(B); !ok {
			return reply
		}
		return lie(p, reply)
	}
}

// generic returns the lies that serve for any protocol.
func generic() map[string]Lie { return map[string]Lie{"B3": Bogus, "B5": corrupt, "B9": malform} }

// lie returns the playbook's lie for the attack, else the one that serves for any protocol, else the truth.
func (p Part) lie(id string) Lie {
	truth := func(_ Part, reply protocols.Message) protocols.Message { return reply }
	for _, lie := range []Lie{p.book.Lies[id], generic()[id]} {
		if lie != nil {
			return lie
		}
	}
	return truth
}

// corrupt changes a little of a reply that brings data (B5).
func corrupt(p Part, reply protocols.Message) protocols.Message {
	if len(reply.Payload) == 0 {
		return reply
	}
	return Corrupted(p, reply)
}

// malform sends what cannot be decoded, what has no kind, or far more than was asked for (B9).
func malform(p Part, reply protocols.Message) protocols.Message {
	switch p.Dice.Roll(5) {
	case 1:
		return protocols.Message{Body: &Malformed{As: reply.Body.Kind(), Text: "malformed"}}
	case 2:
		return protocols.Message{Body: &Malformed{As: protocols.Kind(200 + p.Dice.Roll(50)), Text: "unknown", Nested: [][]string{{"?"}}}}
	case 3:
		return protocols.Message{Payload: []byte("a reply without a body")}
	case 4:
		return protocols.Message{Body: &Malformed{As: reply.Body.Kind(), Text: "oversized"}, Payload: make([]byte, 64<<10)}
	}
	return reply
}

// Flipped returns b with one bit changed.
func Flipped(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) > 0 {
		b[len(b)/2] ^= 0x10
	}
	return b
}

// Wrong makes so many bytes up in place of a secret, from what is at hand.
func Wrong(from []byte, length int) []byte {
	return append(Flipped(from), bytes.Repeat([]byte{0x5a}, length)...)[:length]
}

// Junk returns as many bytes as a hash or MAC of the suite has.
func (p Part) Junk() []byte { return bytes.Repeat([]byte{0x5a}, p.Suite.HashSize()) }

// Malformed is a body that no protocol has: its kind is as it says, but it begins with a text, where all replies that
// say anything have a number or a list.
type Malformed struct {
	As     protocols.Kind `codec:"-"`
	Text   string
	Nested [][]string
}

// Kind implements protocols.Body.
func (m *Malformed) Kind() protocols.Kind { return m.As }

// copied is a body that may be changed; the original may be shared with others.
func (p Part) copied(body protocols.Body) protocols.Body {
	data, err := wire.Marshal(nil, body)
	if err != nil {
		return body
	}
	fresh := p.Protocol.NewBody(body.Kind())
	if fresh == nil || wire.Unmarshal(data, fresh) != nil {
		return body
	}
	return fresh
}

// Bogus returns the reply with timestamps far ahead of all that was written, and whatever else makes it plausible: where a
// correct server has nothing yet, it invents proofs of the right length (B3).
func Bogus(p Part, reply protocols.Message) protocols.Message {
	body := p.copied(reply.Body)
	p.inflate(reflect.ValueOf(body))
	if p.book.Shape != nil {
		p.book.Shape(p, body)
	}
	value := append([]byte("what nobody wrote "), reply.Payload...)
	if reply.Payload == nil {
		value = nil
	}
	return protocols.Message{Body: body, Payload: value}
}

// inflate raises all timestamps in v and fills in what is missing.
func (p Part) inflate(v reflect.Value) {
	walk(v, func(v reflect.Value) bool {
		if v.Kind() == reflect.Slice {
			p.invent(v)
		}
		if v.Kind() != reflect.Struct {
			return true
		}
		ts, ok := v.Addr().Interface().(*protocols.Timestamp)
		if ok {
			ts.Num, ts.PID = ts.Num+Ahead, max(1, ts.PID)
		}
		return !ok
	})
}

// walk visits v and, where that returns true, what is in it.
func walk(v reflect.Value, visit func(reflect.Value) bool) {
	if !visit(v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), visit)
			}
		}
	}
}

// invent fills an empty list of bytes as a hash or MAC of the suite would, and one of lists with one for each server.
func (p Part) invent(v reflect.Value) {
	if v.Len() > 0 {
		return
	}
	junk := p.Junk()
	switch v.Interface().(type) {
	case []byte:
		v.SetBytes(junk)
	case [][]byte:
		for range p.Servers() {
			v.Set(reflect.Append(v, reflect.ValueOf(junk)))
		}
	}
}

// Corrupted returns the reply with its payload, or something of its body, changed a little.
func Corrupted(p Part, reply protocols.Message) protocols.Message {
	if len(reply.Payload) > 0 && p.Dice.Roll(3) > 0 {
		payload := bytes.Clone(reply.Payload)
		switch p.Dice.Roll(3) {
		case 0:
			payload[p.Dice.Roll(len(payload))] ^= 0x10
		case 1:
			payload = payload[:len(payload)-1]
		case 2:
			payload = append(payload, 0)
		}
		return protocols.Message{Body: reply.Body, Payload: payload}
	}
	body := p.copied(reply.Body)
	p.flip(reflect.ValueOf(body))
	return protocols.Message{Body: body, Payload: reply.Payload}
}

// flip changes one number or some bytes in v, if there are any.
func (p Part) flip(v reflect.Value) {
	var places []reflect.Value
	walk(v, func(v reflect.Value) bool {
		bytes := v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8
		if v.Kind() == reflect.Uint64 || bytes && v.Len() > 0 {
			places = append(places, v)
		}
		return !bytes
	})
	if len(places) == 0 {
		return
	}
	switch place := places[p.Dice.Roll(len(places))]; place.Kind() {
	case reflect.Uint64:
		place.SetUint(place.Uint() + 1)
	case reflect.Slice:
		b := bytes.Clone(place.Bytes())
		b[p.Dice.Roll(len(b))] ^= 0x10
		place.SetBytes(b)
	}
}
