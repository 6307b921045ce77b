package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"testing"

	"github.com/powbench/powbench/harness/sweep"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/wire"
)

// readMessage reads one frame as a server does.
func readMessage(f *frameReader) (envelope, protocols.Message, error) {
	var e envelope
	size, err := f.size(messageBounds)
	if err != nil {
		return e, protocols.Message{}, err
	}
	header, err := f.header(size.header)
	if err != nil {
		return e, protocols.Message{}, err
	}
	n, err := wire.UnmarshalPrefix(header, &e)
	if err != nil {
		return e, protocols.Message{}, err
	}
	body, err := decodeBody(e, header[n:], newPing)
	if err != nil {
		return e, protocols.Message{}, err
	}
	m, err := f.message(body, size, protocols.Heap{})
	return e, m, err
}

func encoded(t testing.TB, id uint64, key protocols.Key, m protocols.Message) []byte {
	t.Helper()
	frame, err := encodeMessage(id, key, m)
	if err != nil {
		t.Fatal(err)
	}
	return append(frame, m.Payload...)
}

func TestFramesComeOutAsTheyWentIn(t *testing.T) {
	var stream []byte
	payloads := [][]byte{nil, []byte("x"), bytes.Repeat([]byte("long"), 1<<14), nil}
	for i, p := range payloads {
		key := protocols.Key([]byte{0xff, byte(i), 0})
		stream = append(stream, encoded(t, uint64(i)<<60, key, protocols.Message{Body: &ping{Text: "hi"}, Payload: p})...)
	}
	frames := newFrameReader(bytes.NewReader(stream))
	for i, p := range payloads {
		e, m, err := readMessage(frames)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if e.ID != uint64(i)<<60 || e.Key != protocols.Key([]byte{0xff, byte(i), 0}) || m.Body.(*ping).Text != "hi" {
			t.Errorf("frame %d became %+v %+v", i, e, m.Body)
		}
		if !bytes.Equal(m.Payload, p) {
			t.Errorf("frame %d: the payload changed", i)
		}
	}
	if _, _, err := readMessage(frames); !errors.Is(err, io.EOF) {
		t.Errorf("after the last frame: %v, not EOF", err)
	}
}

func TestATruncatedFrameIsUnexpected(t *testing.T) {
	whole := encoded(t, 1, "key", protocols.Message{Body: &ping{}, Payload: make([]byte, 100)})
	for n := 1; n < len(whole); n++ {
		if _, _, err := readMessage(newFrameReader(bytes.NewReader(whole[:n]))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestFramesBeyondTheBoundsAreRefused(t *testing.T) {
	for _, c := range []struct {
		header, payload uint32
		fits            bool
	}{
		{maxHeaderBytes, maxPayloadBytes, true},
		{maxHeaderBytes + 1, 0, false},
		{0, maxPayloadBytes + 1, false},
		{1 << 31, 1 << 31, false},
	} {
		prefix := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, c.header), c.payload)
		_, err := newFrameReader(bytes.NewReader(prefix)).size(messageBounds)
		if fits := !errors.Is(err, errFrameTooLarge); fits != c.fits {
			t.Errorf("header %d, payload %d: %v", c.header, c.payload, err)
		}
	}
	for _, m := range []protocols.Message{
		{Body: &ping{Text: string(make([]byte, maxHeaderBytes))}},
		{Body: &ping{}, Payload: make([]byte, maxPayloadBytes+1)},
	} {
		if _, err := encodeMessage(1, "", m); !errors.Is(err, errFrameTooLarge) {
			t.Errorf("encoding beyond the bounds: %v", err)
		}
	}
}

// Whatever the bytes, reading ends without panic, what is read was there, and a peer that it is passed on to reads the same.
func FuzzFrames(f *testing.F) {
	whole := encoded(f, 7, "key", protocols.Message{Body: &ping{Text: "hi"}, Payload: []byte("payload")})
	f.Add(whole)
	f.Add(append(whole, whole...))
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0xc0})                      // nil for an envelope
	f.Add([]byte{0, 0, 0, 5, 0, 0, 0, 0, 0xdd, 255, 255, 255, 255})  // an array of 2^32-1
	f.Add([]byte{0, 0, 0, 5, 0, 0, 0, 0, 0x93, 1, 1, 0xa0, 0xdf})    // a map for a body
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0})   // lengths of 4 GiB
	f.Add(bytes.Repeat([]byte{0, 0, 0, 2, 0, 0, 0, 0, 0x91, 1}, 10)) // short envelopes
	sweep.Fuzz(f, func(t testing.TB, data []byte) {
		frames := newFrameReader(bytes.NewReader(data))
		total := 0
		for {
			e, m, err := readMessage(frames)
			if err != nil {
				break
			}
			if len(e.Key) <= protocols.MaxKeyBytes { // a server handles no other
				again, same, err := readMessage(newFrameReader(bytes.NewReader(encoded(t, e.ID, e.Key, m))))
				if err != nil || again != e || !reflect.DeepEqual(same, m) {
					t.Errorf("%v %v becomes %v %v: %v", e, m, again, same, err)
				}
			}
			total += prefixBytes + len(m.Payload)
		}
		if total > len(data) {
			t.Errorf("read %d bytes of %d", total, len(data))
		}
		if cap(frames.scratch) > 2*maxHeaderBytes {
			t.Errorf("%d bytes taken for a header", cap(frames.scratch))
		}
	})
}
