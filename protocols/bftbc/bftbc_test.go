package bftbc

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

var first = protocols.Timestamp{Num: 1, PID: 1}

// What a certificate must be: a quorum of different servers' signatures of this statement and no other.
func certificates(what func(key protocols.Key, ts protocols.Timestamp, value string, servers ...int) Certificate) map[string]Certificate {
	good := what("k", first, "v", 0, 1, 2)
	forged := Certificate{Signers: []byte{0, 1, 2}, Signatures: append(good.Signatures[:len(good.Signatures)-1:len(good.Signatures)-1], 0)}
	return map[string]Certificate{
		"2t signatures":              what("k", first, "v", 0, 1),
		"one server twice":           what("k", first, "v", 0, 1, 1),
		"servers in any order":       what("k", first, "v", 1, 0, 2),
		"one more than a quorum":     what("k", first, "v", 0, 1, 2, 3),
		"another key's":              what("l", first, "v", 0, 1, 2),
		"another timestamp's":        what("k", first.Next(1), "v", 0, 1, 2),
		"a signature that is none":   forged,
		"a server that is none":      {Signers: []byte{0, 1, 9}, Signatures: good.Signatures},
		"no certificate":             {},
		"signers without signatures": {Signers: good.Signers},
	}
}

func TestServerRefuses(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	f := newForger(c)
	p, w := f.client(2), protocols.Writer
	preparing := func(key protocols.Key, ts protocols.Timestamp, value string, servers ...int) Certificate {
		return f.prepared(key, ts, value, servers...).By
	}
	max, hash := f.prepared("k", first, "v", 0, 1, 2), c.Suite.Hash([]byte("v"))
	refused := map[string]prototest.Request{
		"a value of another hash": prototest.From(w, &Write{TS: first, By: max.By}, []byte("w")),
		"a WRITE under ts0":       prototest.From(w, &Write{By: max.By}, []byte("v")),
		"a plan of a value that was announced otherwise": prototest.From(w, func() *Prepare {
			m := p.prepare(max, "w", Written{})
			m.Hash = hash
			return m
		}(), nil),
	}
	for name, by := range certificates(preparing) {
		refused["WRITE with "+name] = prototest.From(w, &Write{TS: first, By: by}, []byte("v"))
		refused["PREPARE after "+name] = prototest.From(w, p.prepare(Prepared{TS: first, Hash: hash, By: by}, "w", Written{}), nil)
	}
	for name, by := range certificates(func(key protocols.Key, ts protocols.Timestamp, _ string, servers ...int) Certificate {
		return f.written(key, ts, servers...).By
	}) {
		refused["PREPARE whose last has "+name] = prototest.From(w, p.prepare(max, "w", Written{TS: first, By: by}), nil)
	}
	for name, spoil := range map[string]func(m *Prepare){
		"a timestamp that is skipped":     func(m *Prepare) { m.TS.Num++ },
		"the highest timestamp":           func(m *Prepare) { m.Max.TS.Num = math.MaxUint64; m.TS.Num = 0 },
		"process id 0":                    func(m *Prepare) { m.TS.PID = 0 },
		"another's process id":            func(m *Prepare) { m.TS.PID = 3 },
		"a short hash":                    func(m *Prepare) { m.Hash = m.Hash[1:] },
		"a certificate of the other kind": func(m *Prepare) { m.Max.By = f.written("k", first, 0, 1, 2).By },
		"⊥ with a hash":                   func(m *Prepare) { m.Max, m.TS.Num = Prepared{Hash: hash}, 1 },
		"a key of its own making":         func(m *Prepare) { m.Credential = f.client(2).sign(&Prepare{}).Signature },
		"half a key":                      func(m *Prepare) { m.Public = m.Public[1:] },
	} {
		m := p.prepare(max, "w", Written{})
		spoil(m)
		refused["PREPARE with "+name] = prototest.From(w, p.sign(m), nil)
	}
	unsigned := p.prepare(max, "w", Written{})
	unsigned.Signature = prototest.Flipped(unsigned.Signature)
	refused["PREPARE that the client did not sign"] = prototest.From(w, unsigned, nil)
	c.CheckRefused(refused)
	for _, good := range []protocols.Message{
		{Body: p.prepare(max, "w", f.written("k", protocols.Timestamp{Num: 1, PID: 2}, 1, 2, 3))}, {Body: &Write{TS: first, By: max.By}, Payload: []byte("v")},
	} {
		if _, err := c.Request(w, "k", 0, good); err != nil {
			t.Errorf("a correct %T: %v", good.Body, err)
		}
	}
}

func TestImplausibleReplies(t *testing.T) {
	for _, variant := range []string{"", Uncached} {
		c := prototest.New(t, Protocol{Variant: variant}, 1, "modern", 1)
		f := newForger(c)
		w := c.Client(1, protocols.Writer)
		c.Finish(w.Write("k", []byte("v")))
		all := certificates(func(key protocols.Key, ts protocols.Timestamp, value string, servers ...int) Certificate {
			return f.prepared(key, ts, value, servers...).By
		})
		c.CheckIgnored(w, func(honest protocols.Message) (wrong []protocols.Message) {
			switch body := honest.Body.(type) {
			case *Newest:
				for _, by := range all {
					wrong = append(wrong, protocols.Message{Body: &Newest{Prepared: Prepared{TS: first, Hash: c.Suite.Hash([]byte("v")), By: by}}})
				}
				short := body.Prepared
				short.Hash = short.Hash[1:]
				wrong = append(wrong, protocols.Message{Body: &Newest{Prepared: short}},
					protocols.Message{Body: &Newest{Prepared: Prepared{By: body.Prepared.By}}})
			case *Value:
				for _, by := range all {
					wrong = append(wrong, protocols.Message{Body: &Value{TS: first, By: by}, Payload: []byte("v")})
				}
				wrong = append(wrong, protocols.Message{Body: body, Payload: []byte("w")}, protocols.Message{Body: &Value{By: body.By}},
					protocols.Message{Body: &Value{}, Payload: []byte("v")})
			case *Signed:
				wrong = append(wrong, protocols.Message{Body: &Signed{}}, protocols.Message{Body: &Signed{Signature: prototest.Flipped(body.Signature)}})
			}
			return wrong
		})
	}
}

// A reply that equals the newest needs no hash; one that differs from it in any part is not taken for it.
func TestAnswersThatDiffer(t *testing.T) {
	for _, variant := range []string{"", Uncached} {
		c := prototest.New(t, Protocol{Variant: variant}, 1, "modern", 1)
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		c.Run()
		reply := c.Ask(protocols.Reader, "k", 0, &Read{})
		honest := reply.Body.(*Value)
		r := c.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
		r.Start()
		r.Answer(1, 0, reply)
		good := answer{honest.TS, honest.By, reply.Payload}
		for name, differ := range map[string]func(a *answer){
			"timestamp":  func(a *answer) { a.ts.Num++ },
			"signers":    func(a *answer) { a.by.Signers = prototest.Flipped(a.by.Signers) },
			"signatures": func(a *answer) { a.by.Signatures = prototest.Flipped(a.by.Signatures) },
			"value":      func(a *answer) { a.value = []byte("w") },
		} {
			a := good
			if differ(&a); r.valid(a) {
				t.Errorf("%q: another %s is taken", variant, name)
			}
		}
		if !r.valid(good) {
			t.Errorf("%q: the same is not taken", variant)
		}
	}
}

// The write-back ends when as many servers have signed as are missing, whoever is asked.
func TestWriteBackTakesAQuorum(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	all := []int{0, 1, 2, 3}
	c.Interrupt(c.Client(1, protocols.Writer).Write("k", []byte("v")), all, all, []int{0})
	read := c.Client(2, protocols.Reader).Read("k")
	c.Deliver(func(e prototest.Envelope) bool { return e.Round == 1 && e.Server != 3 })
	c.Forge(1, func(_, _ protocols.Message) *protocols.Message { return &protocols.Message{Body: &Signed{}} })
	for i, server := range []int{1, 2, 3} {
		if read.Done() || read.Rounds() != 2 {
			t.Fatalf("done: %v, in round %d, after %d replies, the first without a signature", read.Done(), read.Rounds(), i)
		}
		c.Deliver(prototest.Of(server))
	}
	if got, _ := read.Result(); !read.Done() || string(got.Value) != "v" {
		t.Errorf("done: %v, %+v", read.Done(), got)
	}
}

// A server that cannot sign says so and stores nothing.
func TestServerThatCannotSign(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	f, reason := newForger(c), errors.New("no signature today")
	s := *c.Servers[0].(*server)
	s.signer = mute{reason}
	written := f.prepared("k", first, "v", 0, 1, 2)
	for _, m := range []protocols.Message{
		{Body: f.client(2).prepare(Prepared{}, "v", Written{})}, {Body: &Write{TS: first, By: written.By}, Payload: []byte("v")},
	} {
		_, records, err := s.Handle(protocols.Writer, "k", m, &prototest.Peek{Cluster: c, Key: "k"})
		if !errors.Is(err, reason) || !strings.HasPrefix(err.Error(), "server 1:") || len(records) > 0 {
			t.Errorf("%T: %v, %d records", m.Body, err, len(records))
		}
	}
}

// mute is a signer that fails.
type mute struct{ err error }

func (m mute) Sign(io.Reader, []byte) ([]byte, error) { return nil, m.err }

// What no correct server signs is refused even if a quorum has signed it.
func TestImpossibleCertificates(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	f, j := newForger(c), c.Register(2, protocols.Reader).(*register).judge
	for _, ts := range []protocols.Timestamp{{Num: 1}, {PID: 1}} {
		if j.prepared("k", f.prepared("k", ts, "v", 0, 1, 2)) || j.written("k", f.written("k", ts, 0, 1, 2)) {
			t.Errorf("timestamp %v is believed", ts)
		}
	}
	short := c.Suite.Hash([]byte("v"))[1:]
	if j.prepared("k", Prepared{TS: first, Hash: short, By: f.certificate(statement(preparing, "k", first, short), 0, 1, 2)}) {
		t.Error("a short hash is believed")
	}
	huge := make([]byte, protocols.MaxValueBytes+1) // of a writer that lies: PREPARE brings a hash alone
	r := c.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
	if r.valid(answer{first, f.prepared("k", first, string(huge), 0, 1, 2).By, huge}) {
		t.Error("a READ takes a value that is too long")
	}
	tooLong := protocols.Message{Body: &Write{TS: first, By: f.prepared("k", first, string(huge), 0, 1, 2).By}, Payload: huge}
	if _, err := c.Request(protocols.Writer, "k", 0, tooLong); !errors.Is(err, protocols.ErrRefused) {
		t.Errorf("a server takes a value that is too long: %v", err)
	}
	if !j.prepared("k", f.prepared("k", first, "v", 0, 1, 2)) || !j.written("k", f.written("k", first, 0, 1, 2)) {
		t.Error("a whole certificate is not believed")
	}
}

// A client without a key pair of its own, and a server, say so.
func TestNoKeyPairs(t *testing.T) {
	c, other := prototest.New(t, Protocol{}, 1, "modern", 1), prototest.New(t, Protocol{}, 2, "modern", 1)
	for name, keys := range map[string]suite.ClientKeys{
		"keys of another t":       newForger(other).client(1).keys(),
		"the writers' keys alone": c.WriterKeys,
		"half a private key": {
			Groups: c.WriterKeys.Groups, Public: c.WriterKeys.Public, Servers: c.WriterKeys.Servers, Own: &suite.Identity{Private: []byte("half")},
		},
		"keys from before there were pairs": {Groups: c.WriterKeys.Groups, Public: c.WriterKeys.Public},
		"a public key that is none":         {Groups: c.WriterKeys.Groups, Servers: c.WriterKeys.Servers},
	} {
		op := Protocol{}.NewRegister(protocols.ClientParams{T: 1, PID: 1, Suite: c.Suite, Keys: keys}).Write("k", nil, protocols.Heap{})
		if _, err := op.Result(); op.Start() != nil || !errors.Is(err, ErrNoKeyPair) {
			t.Errorf("WRITE with %s: %v", name, err)
		}
	}
	for name, keys := range map[string]suite.ServerKeys{
		"keys of another t":                 other.ServerKeys[0],
		"keys from before there were pairs": {Public: c.WriterKeys.Public},
		"no private key":                    {Public: c.WriterKeys.Public, Servers: c.WriterKeys.Servers},
		"a server's key that is none":       {Public: c.WriterKeys.Public, Servers: make([][]byte, 4), Private: c.ServerKeys[0].Private},
	} {
		s := Protocol{}.NewServer(protocols.ServerParams{T: 1, Suite: c.Suite, Keys: keys})
		_, _, err := s.Handle(protocols.Writer, "k", protocols.Message{Body: &ReadTS{}}, prototest.Broken{})
		if !errors.Is(err, ErrNoKeyPair) || errors.Is(err, protocols.ErrRefused) || !strings.Contains(err.Error(), "server 1") {
			t.Errorf("a server with %s: %v", name, err)
		}
	}
}

// Where writers that lie have used the timestamps up, a WRITE says so.
func TestExhaustedTimestamps(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	last := newForger(c).prepared("k", protocols.Timestamp{Num: math.MaxUint64, PID: 1}, "v", 0, 1, 2)
	op := c.Register(1, protocols.Writer).Write("k", nil, protocols.Heap{})
	op.Start()
	var step protocols.Step
	for server := range 3 {
		step = op.Answer(1, server, protocols.Message{Body: &Newest{Prepared: last}})
	}
	if _, err := op.Result(); !step.Done || !errors.Is(err, protocols.ErrExhausted) {
		t.Errorf("step %+v, error %v", step, err)
	}
}
