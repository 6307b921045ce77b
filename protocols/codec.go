package protocols

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/go-msgpack/v2/codec"
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
	d.ResetBytes(data)
	if err := d.Decode(v); err != nil {
		return 0, fmt.Errorf("decode %T: %w", v, err)
	}
	return d.NumBytesRead(), nil
}
