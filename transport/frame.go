package transport

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// Bounds of a frame in bytes.
const (
	prefixBytes     = 8
	maxHeaderBytes  = 256 << 10
	maxPayloadBytes = protocols.MaxValueBytes + 64<<10 // a value and a dispersal's additions
	readBufferBytes = 16 << 10
)

var errFrameTooLarge = errors.New("frame exceeds the bounds")

// An envelope begins every header.
type envelope struct {
	ID   uint64 // of the request, and of its reply
	Kind protocols.Kind
	Key  protocols.Key // empty in a reply
}

// A frameSize holds the lengths in bytes of a frame's two parts.
type frameSize struct{ header, payload int }

func (s frameSize) check(bounds frameSize) error {
	if s.header > bounds.header || s.payload > bounds.payload {
		return fmt.Errorf("%w: header of %d bytes (at most %d), payload of %d (at most %d)",
			errFrameTooLarge, s.header, bounds.header, s.payload, bounds.payload)
	}
	return nil
}

// messageBounds are those of every frame after the handshake.
var messageBounds = frameSize{header: maxHeaderBytes, payload: maxPayloadBytes}

// encodeMessage returns a message's frame without the payload.
func encodeMessage(id uint64, key protocols.Key, m protocols.Message) (frame []byte, err error) {
	err = withFrame(id, key, m, func(lent []byte) error {
		frame = bytes.Clone(lent)
		return nil
	})
	return frame, err
}

// frameRoom lends memory for frames that are encoded. It holds *[]byte, because Put would allocate a slice's header.
var frameRoom = sync.Pool{New: func() any { return new(make([]byte, 0, 1<<10)) }}

// withFrame calls use with a message's frame without the payload, which is lent for the time of the call.
func withFrame(id uint64, key protocols.Key, m protocols.Message, use func(frame []byte) error) error {
	room := frameRoom.Get().(*[]byte)
	defer frameRoom.Put(room)
	buf, err := wire.Marshal((*room)[:prefixBytes], &envelope{ID: id, Kind: m.Body.Kind(), Key: key})
	if err == nil {
		buf, err = wire.Marshal(buf, m.Body)
	}
	if err != nil {
		return err
	}
	*room = buf
	if err := putPrefix(buf, len(m.Payload), messageBounds); err != nil {
		return err
	}
	return use(buf)
}

// putPrefix writes a frame's lengths to its first bytes; frame is without the payload.
func putPrefix(frame []byte, payload int, bounds frameSize) error {
	size := frameSize{header: len(frame) - prefixBytes, payload: payload}
	binary.BigEndian.PutUint32(frame, uint32(size.header))
	binary.BigEndian.PutUint32(frame[4:], uint32(size.payload))
	return size.check(bounds)
}

// decodeBody decodes the body that follows the envelope e in a header.
func decodeBody(e envelope, data []byte, newBody NewBody) (protocols.Body, error) {
	body := newBody(e.Kind)
	if body == nil {
		return nil, fmt.Errorf("unknown kind %d", e.Kind)
	}
	return body, wire.Unmarshal(data, body)
}

// A frameReader reads frames in three steps, so that its user can find memory for the payload: size, header, then message
// or skip.
type frameReader struct {
	r       *bufio.Reader
	scratch []byte
}

func newFrameReader(r io.Reader) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, readBufferBytes)}
}

// size reads the lengths of the next frame. The error is io.EOF between frames, errFrameTooLarge beyond the bounds.
func (f *frameReader) size(bounds frameSize) (frameSize, error) {
	prefix, err := f.r.Peek(prefixBytes)
	if err != nil {
		if len(prefix) > 0 {
			err = unexpected(err)
		}
		return frameSize{}, err
	}
	header, payload := binary.BigEndian.Uint32(prefix), binary.BigEndian.Uint32(prefix[4:])
	_, _ = f.r.Discard(prefixBytes) // cannot fail after Peek
	size := frameSize{header: int(header), payload: int(payload)}
	return size, size.check(bounds)
}

// await waits until so many bytes have come, or as many as the reader has room for.
func (f *frameReader) await(n int) error {
	_, err := f.r.Peek(min(n, readBufferBytes))
	return unexpected(err)
}

// header reads a header of n bytes. It is valid until the next call.
func (f *frameReader) header(n int) ([]byte, error) {
	header := f.scratch
	if n > len(header) {
		header = make([]byte, n)
	}
	if len(header) <= readBufferBytes { // an idle connection keeps no more
		f.scratch = header
	}
	_, err := io.ReadFull(f.r, header[:n])
	return header[:n], unexpected(err)
}

// message reads the payload that follows body into memory.
func (f *frameReader) message(body protocols.Body, size frameSize, mem protocols.Memory) (protocols.Message, error) {
	m := protocols.Message{Body: body}
	if size.payload > 0 {
		m.Payload = mem.Bytes(size.payload)
	}
	_, err := io.ReadFull(f.r, m.Payload)
	return m, unexpected(err)
}

// skip drops a payload of n bytes.
func (f *frameReader) skip(n int) error {
	_, err := f.r.Discard(n)
	return unexpected(err)
}

// unexpected turns the error of reading within a frame from io.EOF into io.ErrUnexpectedEOF.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// requestID is the id of an operation's requests in a round. A connection's operations are numbered from 1.
func requestID(operation uint64, round int) uint64 {
	return operation*(protocols.MaxRounds+1) + uint64(round)
}

// RequestBytes returns what the request in a round of a connection's operation of that number, from 1, takes of TCP: its
// frame and, where TLS carries it, the records around it. The number makes up to 8 bytes of a difference.
func RequestBytes(tls bool, operation uint64, round int, key protocols.Key, m protocols.Message) (int, error) {
	return frameBytes(tls, requestID(operation, round), key, m)
}

// ReplyBytes is the same of a reply, which does not repeat the key.
func ReplyBytes(tls bool, operation uint64, round int, m protocols.Message) (int, error) {
	return frameBytes(tls, requestID(operation, round), "", m)
}

// PostBytes is the same of a server's message to another one, that is its post of that number, and of the receipt.
func PostBytes(tls bool, number uint64, key protocols.Key, m protocols.Message) (int, error) {
	message, err := frameBytes(tls, requestID(number, 1), key, m)
	if err != nil {
		return 0, err
	}
	receipt, err := frameBytes(tls, requestID(number, 1), "", protocols.Message{Body: &receipt{}})
	return message + receipt, err
}

func frameBytes(tls bool, id uint64, key protocols.Key, m protocols.Message) (int, error) {
	frame, err := encodeMessage(id, key, m)
	return carriedBytes(tls, len(frame), len(m.Payload)), err
}

// carriedBytes is what the two parts of a frame, the first with the prefix, take of TCP.
func carriedBytes(tls bool, frame, payload int) int {
	if tls {
		return sealedBytes(frame, payload)
	}
	return frame + payload
}
