package phalanx

import (
	"errors"
	"math"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

// Timestamps cannot wrap around, should a writer ever sign the highest one.
func TestExhaustedTimestampsAreAnError(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	signer, err := c.Suite.Signer(c.WriterKeys.Private)
	if err != nil {
		t.Fatal(err)
	}
	ts := protocols.Timestamp{Num: math.MaxUint64, PID: 9}
	d := Datum{TS: ts, Hash: c.Suite.Hash(nil)}
	if d.Signature, err = signer.Sign(nil, signed("k", ts, d.Hash)); err != nil {
		t.Fatal(err)
	}
	op := c.Register(1, protocols.Writer).Write("k", nil, protocols.Heap{})
	op.Start()
	var step protocols.Step
	for server := range 3 {
		step = op.Answer(1, server, protocols.Message{Body: &GetTSAck{Datum: d}})
	}
	if _, err := op.Result(); !step.Done || !errors.Is(err, protocols.ErrExhausted) {
		t.Errorf("step %+v, error %v", step, err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	bad := suite.ServerKeys{Public: []byte("short")}
	s := Protocol{}.NewServer(protocols.ServerParams{T: 1, Suite: c.Suite, Keys: bad})
	put := protocols.Message{Body: &Put{TS: protocols.Timestamp{Num: 1, PID: 1}, Signature: []byte("s")}}
	_, _, err := s.Handle(protocols.Writer, "k", put, nothing{})
	if err == nil || errors.Is(err, protocols.ErrRefused) {
		t.Errorf("PUT at a server without keys: %v, want an error that does not blame the client", err)
	}
	for name, keys := range map[string]suite.ClientKeys{
		"no public key": {}, "half a private key": {
			Public: c.WriterKeys.Public, Groups: c.WriterKeys.Groups, Private: c.WriterKeys.Private[:9],
		},
	} {
		r := Protocol{}.NewRegister(protocols.ClientParams{T: 1, PID: 1, Suite: c.Suite, Keys: keys})
		op := r.Write("k", nil, protocols.Heap{})
		if _, err := op.Result(); op.Start() != nil || err == nil {
			t.Errorf("WRITE with %s: error %v, want one and no messages", name, err)
		}
	}
}

// nothing is an empty state.
type nothing struct{}

func (nothing) Get(string) ([]byte, []byte, bool, error) { return nil, nil, false, nil }
func (nothing) Body(string) ([]byte, bool, error)        { return nil, false, nil }

// The other refusals are those of signatures: TestServerStoresOnlyWhatVerifies.
func TestServerRefuses(t *testing.T) {
	half := &Put{TS: protocols.Timestamp{Num: 1}, Signature: []byte("s")}
	prototest.New(t, Protocol{}, 1, "modern", 1).CheckRefused(map[string]prototest.Request{
		"ts0":       prototest.From(protocols.Writer, &Put{}, nil),
		"half a ts": prototest.From(protocols.Writer, half, nil),
	})
}

func TestImplausibleReplies(t *testing.T) {
	ts, hash := protocols.Timestamp{Num: 1, PID: 1}, make([]byte, 32)
	for _, variant := range []string{"", Unanimous, MetadataFirst} {
		c := prototest.New(t, Protocol{Variant: variant}, 1, "modern", 1)
		w := c.Client(1, protocols.Writer)
		c.Finish(w.Write("k", []byte("v")))
		c.CheckIgnored(w, func(honest protocols.Message) (wrong []protocols.Message) {
			switch honest.Body.(type) {
			case *GetTSAck:
				for _, d := range []Datum{
					{TS: protocols.Timestamp{Num: 1}, Hash: hash, Signature: hash},
					{TS: ts, Signature: hash},
					{TS: ts, Hash: hash},
					{Signature: hash},
					{Hash: hash[1:]},
				} {
					wrong = append(wrong, protocols.Message{Body: &GetTSAck{Datum: d}})
				}
			case *GetAck:
				huge := make([]byte, protocols.MaxValueBytes+1)
				return []protocols.Message{
					{Body: &GetAck{TS: protocols.Timestamp{PID: 1}, Signature: hash}},
					{Body: &GetAck{TS: ts}},
					{Body: &GetAck{}, Payload: []byte("⊥ with a value")},
					{Body: &GetAck{TS: ts, Signature: hash}, Payload: huge},
				}
			}
			return wrong
		})
	}
}

// A READ writes back, unless the variant says that it need not where all of its quorum agree.
func TestWhoWritesBack(t *testing.T) {
	for variant, want := range map[string][2]int{"": {2, 2}, Unanimous: {1, 2}} {
		for i, reached := range []int{4, 1} {
			got, rounds := prototest.New(t, Protocol{Variant: variant}, 1, "modern", 1).ReadAfterDeath(reached)
			if string(got.Value) != "v" || rounds != want[i] {
				t.Errorf("%q, the WRITE reached %d: %+v after %d rounds, want v after %d", variant, reached, got, rounds, want[i])
			}
		}
	}
}
