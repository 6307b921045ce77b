package phalanx

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// liar is a Byzantine server: it answers some requests as a correct one does and distorts the other answers.
type liar struct {
	protocols.Server
	rand *rand.Rand
	seen []protocols.Message // true answers of any key, to replay
}

func (l *liar) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := l.Server.Handle(from, key, request, state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if l.rand.IntN(3) == 0 {
		records = nil // acknowledges what it does not store
	}
	reply.Payload = bytes.Clone(reply.Payload)
	if l.seen = append(l.seen, reply); len(l.seen) > 20 {
		l.seen = l.seen[1:]
	}
	return l.distort(reply), records, nil
}

func (l *liar) distort(reply protocols.Message) protocols.Message {
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		if len(b) == 0 {
			return []byte("from nothing")
		}
		b[l.rand.IntN(len(b))] ^= 1
		return b
	}
	raise := func(ts protocols.Timestamp) protocols.Timestamp {
		return protocols.Timestamp{Num: ts.Num + l.rand.Uint64N(3), PID: ts.PID + l.rand.Uint64N(2)}
	}
	switch l.rand.IntN(6) {
	case 0:
		return l.seen[l.rand.IntN(len(l.seen))]
	case 1:
		garbage := &prototest.Raw{As: protocols.Kind(l.rand.IntN(8)), Data: []byte{0x93, 1, 0xc0, 2}}
		return protocols.Message{Body: garbage}
	case 2:
		return protocols.Message{} // silent
	}
	switch body := reply.Body.(type) {
	case *GetTSAck:
		d := body.Datum
		switch l.rand.IntN(4) {
		case 0:
			d = Datum{}
		case 1:
			d.TS = raise(d.TS)
		case 2:
			d.Hash = flip(d.Hash)
		case 3:
			d.Signature = flip(d.Signature)
		}
		reply.Body = &GetTSAck{Datum: d}
	case *GetAck:
		ack := *body
		switch l.rand.IntN(4) {
		case 0:
			ack, reply.Payload = GetAck{}, nil
		case 1:
			ack.TS = raise(ack.TS)
		case 2:
			ack.Signature = flip(ack.Signature)
		case 3:
			reply.Payload = flip(reply.Payload)
		}
		reply.Body = &ack
	}
	return reply
}

// lie makes a server of the cluster a liar.
func lie(c *prototest.Cluster, server int) {
	c.Servers[server] = &liar{Server: c.Servers[server], rand: c.Rand}
}

func TestRandomSchedulesWithLyingServers(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 40, Byzantine: lie}.Check(t)
		for _, variant := range []string{Unanimous, MetadataFirst} {
			prototest.Scenario{Protocol: Protocol{Variant: variant}, Faults: faults, Seeds: 25, Byzantine: lie}.Check(t)
		}
	}
}

func TestServerStoresOnlyWhatVerifies(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	ts, value := protocols.Timestamp{Num: 3, PID: 1}, []byte("v")
	signer, err := c.Suite.Signer(c.WriterKeys.Private)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(nil, signed("k", ts, c.Suite.Hash(value)))
	if err != nil {
		t.Fatal(err)
	}
	put := func(key protocols.Key, ts protocols.Timestamp, signature, value []byte) error {
		m := protocols.Message{Body: &Put{TS: ts, Signature: signature}, Payload: value}
		_, err := c.Request(protocols.Writer, key, 0, m)
		return err
	}
	higher := protocols.Timestamp{Num: 4, PID: 1}
	other := protocols.Timestamp{Num: 3, PID: 2}
	for name, err := range map[string]error{
		"another value":     put("k", ts, signature, []byte("w")),
		"another key":       put("l", ts, signature, value),
		"another number":    put("k", higher, signature, value),
		"another writer":    put("k", other, signature, value),
		"no signature":      put("k", ts, nil, value),
		"half a signature":  put("k", ts, signature[:len(signature)/2], value),
		"ts0":               put("k", protocols.Timestamp{}, signature, value),
		"another algorithm": put("k", ts, make([]byte, 40), value),
	} {
		if !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if n := c.Records(0, "k") + c.Records(0, "l"); n != 0 {
		t.Fatalf("%d records stored", n)
	}
	if err := put("k", ts, signature, value); err != nil {
		t.Errorf("the true one: %v", err)
	}
	if err := put("k", protocols.Timestamp{Num: 2, PID: 1}, []byte("unsigned"), value); err != nil {
		t.Errorf("an older one, which is acknowledged and not looked at: %v", err)
	}
	// What no correct client can have sent is refused even so: as older, it would be acknowledged otherwise, and the last is signed.
	huge := make([]byte, protocols.MaxValueBytes+1)
	signedHuge, err := signer.Sign(nil, signed("k", higher, c.Suite.Hash(huge)))
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"older, of no writer":       put("k", protocols.Timestamp{Num: 1}, signature, value),
		"older, without signature":  put("k", protocols.Timestamp{Num: 1, PID: 1}, nil, value),
		"too long, but of a writer": put("k", higher, signedHuge, huge),
	} {
		if !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if r, ok := c.Record(0, "k", valueRecord); !ok || string(r.Payload) != "v" {
		t.Errorf("stored %.20q, want v", r.Payload)
	}
}

// A lying server makes up the highest timestamp; it costs one verification and changes nothing.
func TestInflatedTimestampsDoNotCount(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "paper", 1)
	c.Servers[0] = inflated{c.Servers[0], c.Suite.HashSize()}
	c.Hold(prototest.Of(3)) // so that the liar is in every quorum
	w := c.Client(1, protocols.Writer)
	for i := range uint64(3) {
		value := []byte{byte(i)}
		if got := c.Finish(w.Write("k", value)); got.Timestamp.Num != i+1 {
			t.Errorf("WRITE %d has timestamp %v", i+1, got.Timestamp)
		}
		if got := c.Finish(c.Client(2, protocols.Reader).Read("k")); !bytes.Equal(got.Value, value) {
			t.Errorf("READ %d: %+v", i+1, got)
		}
	}
}

type inflated struct {
	protocols.Server
	hashSize int
}

func (s inflated) Handle(from protocols.Role, key protocols.Key, m protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	high := protocols.Timestamp{Num: 1<<64 - 1, PID: 1}
	switch m.Body.(type) {
	case *GetTS:
		d := Datum{TS: high, Hash: make([]byte, s.hashSize), Signature: make([]byte, 40)}
		return protocols.Message{Body: &GetTSAck{Datum: d}}, nil, nil
	case *Get:
		ack := &GetAck{TS: high, Signature: make([]byte, 40)}
		return protocols.Message{Body: ack, Payload: []byte("bogus")}, nil, nil
	}
	return s.Server.Handle(from, key, m, state)
}

// countingVerifier says how many signatures were verified.
type countingVerifier struct {
	valid byte // the first byte of the one signature that verifies
	calls *int
}

func (v countingVerifier) Verify(_, signature []byte) bool {
	*v.calls++
	return signature[0] == v.valid
}

func TestHighestVerifiesLazily(t *testing.T) {
	datum := func(num uint64, signature byte) claim {
		return claim{Datum: Datum{
			TS: protocols.Timestamp{Num: num, PID: 1}, Hash: []byte("hash"), Signature: []byte{signature},
		}}
	}
	for name, test := range map[string]struct {
		claims    []claim
		floor     uint64
		num       uint64
		verifying int
	}{
		"all honest":          {[]claim{datum(1, 1), datum(2, 1), datum(2, 1)}, 0, 2, 1},
		"one bogus":           {[]claim{datum(2, 1), datum(9, 0), datum(1, 1)}, 0, 2, 2},
		"one bogus, repeated": {[]claim{datum(9, 0), datum(9, 0), datum(1, 1)}, 0, 1, 2},
		"same ts, one bogus":  {[]claim{datum(2, 0), datum(2, 1), datum(1, 1)}, 0, 2, 2},
		"none verifies":       {[]claim{datum(2, 0), {}, {}}, 0, 0, 1},
		"all below the floor": {[]claim{datum(2, 0), datum(1, 1)}, 2, 0, 0},
	} {
		calls := 0
		r := &register{verifier: countingVerifier{valid: 1, calls: &calls}}
		got := r.highest("k", test.claims, protocols.Timestamp{Num: test.floor, PID: 1})
		if got.TS.Num != test.num || calls != test.verifying {
			t.Errorf("%s: number %d after %d verifications, want %d after %d",
				name, got.TS.Num, calls, test.num, test.verifying)
		}
	}
}
