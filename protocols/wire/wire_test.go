package wire

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/powbench/powbench/harness/sweep"
	"github.com/powbench/powbench/protocols"
)

// sample is a body with a field of every kind that the protocols' bodies have.
type sample struct {
	TS    protocols.Timestamp
	Name  string
	Bytes []byte
	List  []part
	Maybe *part
}

type part struct {
	N     int
	Parts [][]byte
}

func samples() *rapid.Generator[sample] {
	byteses := rapid.SliceOfN(rapid.Byte(), 1, 300)
	parts := rapid.Custom(func(t *rapid.T) part {
		return part{N: rapid.Int().Draw(t, "n"), Parts: rapid.SliceOfN(byteses, 1, 4).Draw(t, "parts")}
	})
	return rapid.Custom(func(t *rapid.T) sample {
		s := sample{
			TS:    protocols.Timestamp{Num: rapid.Uint64().Draw(t, "num"), PID: rapid.Uint64().Draw(t, "pid")},
			Name:  rapid.StringN(0, 100, -1).Draw(t, "name"),
			Bytes: byteses.Draw(t, "bytes"),
			List:  rapid.SliceOfN(parts, 1, 4).Draw(t, "list"),
		}
		if rapid.Bool().Draw(t, "has maybe") {
			p := parts.Draw(t, "maybe")
			s.Maybe = &p
		}
		return s
	})
}

func mustMarshal(t testing.TB, buf []byte, v any) []byte {
	t.Helper()
	data, err := Marshal(buf, v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Marshal appends, whatever room there is behind buf, and what it appended comes back whole, also in front of more.
func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := samples().Draw(r, "sample")
		before := append(make([]byte, 0, rapid.IntRange(6, 4000).Draw(r, "room")), "before"...)
		data := mustMarshal(t, before, &want)
		if !bytes.HasPrefix(data, []byte("before")) || !bytes.Equal(data[6:], mustMarshal(t, nil, &want)) {
			r.Fatalf("appended to %q: %q", before, data)
		}
		var whole, prefix sample
		if err := Unmarshal(data[6:], &whole); err != nil || !reflect.DeepEqual(whole, want) {
			r.Fatalf("Unmarshal: %+v, %v, want %+v", whole, err, want)
		}
		n, err := UnmarshalPrefix(append(data[6:], "behind"...), &prefix)
		if err != nil || n != len(data)-6 || !reflect.DeepEqual(prefix, want) {
			r.Fatalf("UnmarshalPrefix: %+v, %d bytes, %v, want %+v", prefix, n, err, want)
		}
	})
}

// The wire format: structs are arrays, bytes are bin and text is str, so that other implementations can tell them apart.
func TestWireFormat(t *testing.T) {
	want := "\x95\x92\x01\x02\xa4name\xc4\x05bytes\xc0\x92\x07\x91\xc4\x01p"
	s := sample{TS: protocols.Timestamp{Num: 1, PID: 2}, Name: "name", Bytes: []byte("bytes")}
	s.Maybe = &part{N: 7, Parts: [][]byte{[]byte("p")}}
	if got := mustMarshal(t, nil, &s); string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Nothing that was decoded lies in the data, which the transport reads the next frame into.
func TestUnmarshalCopies(t *testing.T) {
	want := sample{
		Name: strings.Repeat("n", 50), Bytes: bytes.Repeat([]byte("b"), 50),
		List: []part{{Parts: [][]byte{bytes.Repeat([]byte("p"), 50)}}},
	}
	data := mustMarshal(t, nil, &want)
	var got sample
	if err := Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("after the data was overwritten: %+v", got)
	}
}

func TestTrailingBytes(t *testing.T) {
	data := mustMarshal(t, nil, &protocols.Timestamp{Num: 1, PID: 2})
	for _, behind := range []string{"\x00", "\xc0", string(data)} {
		var ts protocols.Timestamp
		if err := Unmarshal(append(bytes.Clone(data), behind...), &ts); !errors.Is(err, ErrTrailing) {
			t.Errorf("%q behind the message: %v", behind, err)
		}
	}
}

// A message that was cut off is an error, wherever it was cut, and so is what has another shape.
func TestMalformed(t *testing.T) {
	data := mustMarshal(t, nil, &sample{Name: "name", Bytes: []byte("bytes"), List: []part{{N: 1}}, Maybe: &part{N: 2}})
	for n := range data {
		if err := Unmarshal(data[:n], &sample{}); err == nil {
			t.Errorf("%d of %d bytes were accepted", n, len(data))
		}
	}
	for name, data := range map[string]string{
		"a number":                  "\x07",
		"a string":                  "\xa4name",
		"a string for a number":     "\x92\xa11\x02",
		"a negative number":         "\x92\xff\x02",
		"a number too large":        "\x92\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\x02", // +Inf
		"a reserved byte":           "\xc1",
		"an array for a number":     "\x92\x90\x02",
		"an unknown extension type": "\xc7\x01\x63\x00",
	} {
		var ts protocols.Timestamp
		if err := Unmarshal([]byte(data), &ts); err == nil {
			t.Errorf("%s was accepted as a timestamp: %v", name, ts)
		} else if !strings.Contains(err.Error(), "Timestamp") {
			t.Errorf("%s: the error does not say what was decoded: %v", name, err)
		}
	}
}

// What the codec lets pass, and a receiver therefore checks itself: missing fields and nil leave the value as it was.
func TestLenient(t *testing.T) {
	for name, data := range map[string]string{"no fields": "\x90", "one field": "\x91\x07", "nil": "\xc0"} {
		var ts protocols.Timestamp
		if err := Unmarshal([]byte(data), &ts); err != nil || ts.PID != 0 {
			t.Errorf("%s: %v, %v", name, ts, err)
		}
	}
}

// Nesting is bounded, so that no message exhausts the stack. Our own deepest message stays below the bound.
func TestDeepNesting(t *testing.T) {
	for _, depth := range []int{maxDepth + 1, 100, 1 << 20} {
		var v any
		if err := Unmarshal(bytes.Repeat([]byte{0x91}, depth), &v); err == nil || !strings.Contains(err.Error(), "depth") {
			t.Errorf("%d arrays in each other: %.200v", depth, err)
		}
		skipped := append([]byte{0x93, 1, 2}, bytes.Repeat([]byte{0x91}, depth)...) // behind a Timestamp's fields
		if err := Unmarshal(append(skipped, 0), &protocols.Timestamp{}); err == nil {
			t.Errorf("%d arrays in each other in a field that is skipped were accepted", depth)
		}
	}
	type level struct{ Next *level }
	message := &level{&level{&level{&level{}}}}
	if err := Unmarshal(mustMarshal(t, nil, message), &level{}); err != nil {
		t.Errorf("four structs in each other: %v", err)
	}
}

// A length that a message claims takes no memory before the bytes are there.
func TestHostileLengths(t *testing.T) {
	const most = 1 << 20 // bytes; claimed are up to 4 GiB and more
	length := "\xff\xff\xff\xff"
	for name, data := range map[string]string{
		"bytes":           "\x93\x92\x00\x00\xa0\xc6" + length,
		"string":          "\x92\x92\x00\x00\xdb" + length,
		"list":            "\x94\x92\x00\x00\xa0\xc4\x00\xdd" + length,
		"list in a list":  "\x94\x92\x00\x00\xa0\xc4\x00\x91\x92\x00\xdd" + length,
		"struct":          "\xdd" + length,
		"map":             "\xdf" + length,
		"skipped field":   "\x96\x92\x00\x00\xa0\xc4\x00\x90\xc0\xc6" + length,
		"skipped list":    "\x96\x92\x00\x00\xa0\xc4\x00\x90\xc0\xdd" + length,
		"half the bytes":  "\x93\x92\x00\x00\xa0\xc6\x40\x00\x00\x00" + strings.Repeat("b", 1000),
		"negative length": "\x93\x92\x00\x00\xa0\xc6\x80\x00\x00\x00",
	} {
		var err error
		took := allocated(func() { err = Unmarshal([]byte(data), &sample{}) })
		if err == nil || took > most {
			t.Errorf("%s: %d bytes were allocated for %d, error %.200v", name, took, len(data), err)
		}
	}
}

// allocated is how many bytes the process allocates while do runs.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// unencodable is what no codec can encode.
type unencodable struct{}

func (*unencodable) MarshalBinary() ([]byte, error) { return nil, errors.New("cannot be encoded") }
func (*unencodable) UnmarshalBinary([]byte) error   { return nil }

// A pooled codec that has failed serves the next message as if nothing had been.
func TestCodecAfterErrors(t *testing.T) {
	var wg sync.WaitGroup
	for worker := range uint64(8) {
		wg.Go(func() {
			for i := range uint64(200) {
				want := protocols.Timestamp{Num: i, PID: worker}
				_, broken := Marshal(nil, &unencodable{})
				cut := Unmarshal([]byte{0x92, 1}, new(protocols.Timestamp))
				data, err := Marshal(nil, &want)
				var got protocols.Timestamp
				if err := errors.Join(err, Unmarshal(data, &got)); err != nil || !got.Equal(want) || broken == nil || cut == nil {
					t.Errorf("%v, %v, want %v; errors of an unencodable %v and of half a message %v", got, err, want, broken, cut)
					return
				}
			}
		})
	}
	wg.Wait()
}

// No bytes are no message, whatever is left of the one before.
func TestNothingIsDecodedFromNil(t *testing.T) {
	two := mustMarshal(t, mustMarshal(t, nil, &sample{Name: "first"}), &sample{Name: "another's"})
	for range 100 { // decoders are pooled, so that any may come
		var first, none sample
		if _, err := UnmarshalPrefix(two, &first); err != nil {
			t.Fatal(err)
		}
		if n, err := UnmarshalPrefix(nil, &none); err == nil || n != 0 || none.Name != "" {
			t.Fatalf("%d bytes and %q come from nothing: %v", n, none.Name, err)
		}
	}
}

// FuzzUnmarshal lets no bytes crash the codec, and what it accepts can be encoded again.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte{})
	f.Add(mustMarshal(f, nil, &sample{TS: protocols.Timestamp{Num: math.MaxUint64}, Maybe: &part{}}))
	f.Add(mustMarshal(f, nil, &sample{Name: "n", Bytes: []byte("b"), List: []part{{Parts: [][]byte{{1}, nil}}}}))
	sweep.Fuzz(f, func(t testing.TB, data []byte) {
		var s sample
		if Unmarshal(data, &s) == nil {
			var again sample
			if err := Unmarshal(mustMarshal(t, nil, &s), &again); err != nil {
				t.Errorf("accepted %q, but not what it is encoded as: %v", data, err)
			}
		}
	})
}
