// Package wire encodes the small bodies of messages and records, with msgpack; bulk data never pass through it. Only
// protocols, and those that carry messages, import it; it imports package protocols.
package wire

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/hashicorp/go-msgpack/v2/codec"

	"github.com/powbench/powbench/protocols"
)

// maxDepth bounds the nesting of what Unmarshal accepts; our deepest message is a list of structs of lists.
const maxDepth = 8

var handle = func() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{WriteExt: true} // WriteExt: []byte is bin, not str
	h.StructToArray = true
	h.MaxDepth = maxDepth
	return h
}()

var (
	encoders = sync.Pool{New: func() any { return codec.NewEncoderBytes(nil, handle) }}
	decoders = sync.Pool{New: func() any { return codec.NewDecoderBytes(nil, handle) }}
)

// ErrTrailing says that bytes follow what was decoded.
var ErrTrailing = errors.New("bytes follow the message")

// Marshal appends the msgpack encoding of v to buf and returns the result.
func Marshal(buf []byte, v any) ([]byte, error) {
	e := encoders.Get().(*codec.Encoder)
	defer encoders.Put(e)
	out := buf[len(buf):] // the codec appends to it, if there is room without a copy
	e.ResetBytes(&out)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return append(buf, out...), nil
}

// Unmarshal decodes all of data into v, which takes copies: data may be reused afterwards. It is strict about the end
// (ErrTrailing); the codec accepts missing fields and nil, so the receiver checks what it needs.
func Unmarshal(data []byte, v any) error {
	n, err := UnmarshalPrefix(data, v)
	if err == nil && n != len(data) {
		err = ErrTrailing
	}
	return err
}

// UnmarshalPrefix decodes the first object in data into v and returns its length in bytes.
func UnmarshalPrefix(data []byte, v any) (n int, err error) {
	d := decoders.Get().(*codec.Decoder)
	defer decoders.Put(d)
	if data == nil {
		data = []byte{} // given nil, the codec goes on with what it was given last, which is another message's
	}
	d.ResetBytes(data)
	if err := d.Decode(v); err != nil {
		return 0, fmt.Errorf("decode %T: %w", v, err)
	}
	return d.NumBytesRead(), nil
}

// Bodies makes a Protocol's NewBody from an example of each of its bodies.
func Bodies(examples ...protocols.Body) func(protocols.Kind) protocols.Body {
	types := make(map[protocols.Kind]reflect.Type, len(examples))
	for _, b := range examples {
		types[b.Kind()] = reflect.TypeOf(b).Elem()
	}
	return func(kind protocols.Kind) protocols.Body {
		if t, ok := types[kind]; ok {
			return reflect.New(t).Interface().(protocols.Body)
		}
		return nil
	}
}

// AddRecord appends a record to the list, its body encoded.
func AddRecord(to []protocols.Record, name string, body any, payload []byte) ([]protocols.Record, error) {
	b, err := Marshal(nil, body)
	return append(to, protocols.Record{Name: name, Body: b, Payload: payload}), err
}

// ReadRecord decodes the body of a record into into, a pointer, and returns its payload. Without such a record into
// stays as it is. An error says that the record is damaged, or cannot be read.
func ReadRecord(state protocols.StateReader, name string, into any) (payload []byte, found bool, err error) {
	body, payload, found, err := state.Get(name)
	if err != nil || !found {
		return nil, false, err
	}
	return payload, true, decodeRecord(name, body, into)
}

// ReadBody is ReadRecord without the payload, which need not be read.
func ReadBody(state protocols.StateReader, name string, into any) (found bool, err error) {
	body, found, err := state.Body(name)
	if err != nil || !found {
		return false, err
	}
	return true, decodeRecord(name, body, into)
}

func decodeRecord(name string, body []byte, into any) error {
	if err := Unmarshal(body, into); err != nil {
		return fmt.Errorf("record %q is damaged: %w", name, err)
	}
	return nil
}
