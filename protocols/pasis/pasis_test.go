package pasis

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/prototest"
)

// liar is a Byzantine server: it distorts answers, invents versions whose fragments fit, and forgets what it stores.
type liar struct {
	protocols.Server
	params
	index int
	rand  *rand.Rand
}

func (l *liar) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := l.Server.Handle(from, key, request, state)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	if l.rand.IntN(3) == 0 {
		records = nil
	}
	switch body := reply.Body.(type) {
	case *Version:
		switch l.rand.IntN(4) {
		case 0:
			return l.invented(body.TS), records, nil
		case 1:
			return protocols.Message{Body: &Version{}}, records, nil
		case 2:
			flipped := bytes.Clone(reply.Payload)
			if len(flipped) > 0 {
				flipped[0] ^= 1
			}
			return protocols.Message{Body: body, Payload: flipped}, records, nil
		}
	case *Times:
		times := []Time{l.timeOf(protocols.Timestamp{Num: 1 + l.rand.Uint64N(9), PID: 1 + l.rand.Uint64N(4)}, dispersal.CrossChecksum{})}
		if l.rand.IntN(2) == 0 {
			times = body.Times[:l.rand.IntN(len(body.Times)+1)]
		}
		return protocols.Message{Body: &Times{Times: times}}, records, nil
	case *TimeAck:
		return protocols.Message{Body: &TimeAck{TS: protocols.Timestamp{Num: 1 + l.rand.Uint64N(math.MaxUint64-1), PID: 1}}}, records, nil
	}
	return reply, records, nil
}

// invented is a version that nobody wrote, complete in itself.
func (l *liar) invented(ts protocols.Timestamp) protocols.Message {
	fragments, cc, _ := l.data.Encode([]byte("what nobody wrote"), protocols.Heap{})
	ts = protocols.Timestamp{Num: ts.Num + l.rand.Uint64N(3) + 1, PID: 1 + l.rand.Uint64N(3)}
	return protocols.Message{Body: &Version{TS: ts, CC: cc}, Payload: fragments[l.index]}
}

func lie(c *prototest.Cluster, server int) {
	p := Protocol{}.params((len(c.Servers)-1)/4, c.Suite)
	c.Servers[server] = &liar{c.Servers[server], p, server, c.Rand}
}

func TestRandomSchedulesWithLyingServers(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 90 / faults, Byzantine: lie}.Check(t)
	}
}

func TestServerRefuses(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	p := Protocol{}.params(1, c.Suite)
	fragments, cc, err := p.data.Encode([]byte("value"), protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	ts := protocols.Timestamp{Num: 1, PID: 1}
	store := func(ts protocols.Timestamp, cc dispersal.CrossChecksum, fragment []byte) prototest.Request {
		return prototest.From(protocols.Writer, &Store{TS: ts, CC: cc}, fragment)
	}
	c.CheckRefused(map[string]prototest.Request{
		"another server's fragment": store(ts, cc, fragments[1]),
		"a short fragment":          store(ts, cc, fragments[0][:1]),
		"hashes of fewer servers":   store(ts, dispersal.CrossChecksum{Length: 5, Hashes: cc.Hashes[:4]}, fragments[0]),
		"ts0":                       store(protocols.Timestamp{}, cc, fragments[0]),
		"the highest number":        store(protocols.Timestamp{Num: math.MaxUint64, PID: 1}, cc, fragments[0]),
		"no time":                   prototest.From(protocols.Reader, &Get{}, nil),
		"a history without a time":  prototest.From(protocols.Reader, &History{}, nil),
	})
	if _, err := c.Request(protocols.Writer, "k", 0, protocols.Message{Body: &Store{TS: ts, CC: cc}, Payload: fragments[0]}); err != nil {
		t.Errorf("a correct STORE: %v", err)
	}
}

func TestImplausibleReplies(t *testing.T) {
	for name, prepare := range map[string]func(c *prototest.Cluster){
		"complete": func(c *prototest.Cluster) {
			c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		},
		"behind an incomplete one": func(c *prototest.Cluster) { // HISTORY and GET
			c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
			c.Run()
			storeAlone(t, c, 9, 0)
		},
		"at t+1 servers": func(c *prototest.Cluster) { // a repair
			c.Interrupt(c.Client(1, protocols.Writer).Write("k", []byte("v")), []int{0, 1, 2, 3, 4}, []int{0, 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := prototest.New(t, Protocol{}, 1, "modern", 1)
			prepare(c)
			c.Run()
			c.CheckIgnored(c.Client(2, protocols.Writer), implausible)
		})
	}
}

// implausible is what no correct server answers in place of what it does.
func implausible(honest protocols.Message) (wrong []protocols.Message) {
	for _, body := range []protocols.Body{&TimeAck{}, &Version{}, &Times{}, &Stored{}} { // to another request
		if body.Kind() != honest.Body.Kind() {
			wrong = append(wrong, protocols.Message{Body: body})
		}
	}
	switch body := honest.Body.(type) {
	case *TimeAck:
		return append(wrong, protocols.Message{Body: &TimeAck{TS: protocols.Timestamp{PID: 1}}})
	case *Version:
		if body.TS.IsZero() {
			return wrong
		}
		short := dispersal.CrossChecksum{Length: 1, Hashes: body.CC.Hashes[:4]}
		return append(wrong,
			protocols.Message{Body: &Version{TS: body.TS, CC: body.CC}},
			protocols.Message{Body: &Version{TS: body.TS, CC: body.CC}, Payload: []byte("another")},
			protocols.Message{Body: &Version{TS: body.TS, CC: body.CC}, Payload: append(slices.Clone(honest.Payload), 0)},
			protocols.Message{Body: &Version{TS: body.TS, CC: short}, Payload: honest.Payload},
			protocols.Message{Body: &Version{CC: body.CC}, Payload: honest.Payload},
		)
	case *Times:
		before := body.Times[0]
		late := Time{TS: protocols.Timestamp{Num: 10, PID: 1}, Verifier: before.Verifier}
		for _, times := range [][]Time{{before, before}, {late}, {{TS: before.TS}}, slices.Repeat([]Time{before}, maxTimes+1)} {
			wrong = append(wrong, protocols.Message{Body: &Times{Times: times}})
		}
	}
	return wrong
}

// poison has a writer that lies store fragments of no value, or of two, at the servers: right ones by their hashes.
func poison(t *testing.T, c *prototest.Cluster, ts protocols.Timestamp, servers ...int) {
	t.Helper()
	p := Protocol{}.params(1, c.Suite)
	one, _, err := p.data.Encode([]byte("one"), protocols.Heap{})
	if err != nil {
		t.Fatal(err)
	}
	two, _, _ := p.data.Encode([]byte("two"), protocols.Heap{})
	mixed := [][]byte{one[0], one[1], two[2], two[3], two[4]}
	m := &Store{TS: ts, CC: dispersal.Checksum(c.Suite, 3, mixed)}
	for _, server := range servers {
		if _, err := c.Request(protocols.Writer, "k", server, protocols.Message{Body: m, Payload: mixed[server]}); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever fragments a READ restores a poisonous version from, it sees that they are of no one value, and falls back to
// what is behind it.
func TestPoisonousWrites(t *testing.T) {
	for silent := range 5 {
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		c.Run()
		poison(t, c, protocols.Timestamp{Num: 7, PID: 3}, 0, 1, 2, 3, 4)
		c.Hold(prototest.Of(silent))
		read := c.Client(2, protocols.Reader).Read("k")
		if got := c.Finish(read); string(got.Value) != "v" || read.Rounds() != 3 {
			t.Errorf("without s%d: %+v after %d rounds, want v after LATEST, HISTORY and GET", silent+1, got, read.Rounds())
		}
	}
}

// A writer that lies uses a timestamp for two values. They are two versions, and all READs agree which is the later.
func TestTwoValuesUnderOneTimestamp(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	p := Protocol{}.params(1, c.Suite)
	for _, value := range []string{"one", "two"} {
		fragments, cc, err := p.data.Encode([]byte(value), protocols.Heap{})
		if err != nil {
			t.Fatal(err)
		}
		for server, fragment := range fragments {
			m := protocols.Message{Body: &Store{TS: protocols.Timestamp{Num: 1, PID: 9}, CC: cc}, Payload: fragment}
			if _, err := c.Request(protocols.Writer, "k", server, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	values := map[string]bool{}
	for silent := range 5 {
		c.Hold(prototest.Of(silent))
		values[string(c.Finish(c.Client(uint64(silent+1), protocols.Reader).Read("k")).Value)] = true
		c.Release()
	}
	if len(values) != 1 {
		t.Errorf("READs return %v", values)
	}
}

// claimant is a server that lies: it tells of all versions that s1 has, and has none of them.
type claimant struct {
	protocols.Server
	cluster *prototest.Cluster
}

func (l claimant) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if m, ok := request.Body.(*History); ok {
		return l.cluster.Ask(from, key, 0, m), nil, nil
	}
	return l.Server.Handle(from, key, request, state)
}

// More writers die than a READ has rounds for. Each left a fragment at one correct server, and a liar tells of them too: the
// READ says so, and does not return what may be old.
func TestTooManyIncompleteWrites(t *testing.T) {
	for lost, settled := range map[uint64]bool{1: true, 5: true, 6: false} {
		c := prototest.New(t, Protocol{}, 1, "modern", 1)
		p := Protocol{}.params(1, c.Suite)
		c.Finish(c.Client(1, protocols.Writer).Write("k", []byte("v")))
		c.Run()
		for i := range lost {
			fragments, cc, err := p.data.Encode([]byte{byte(i)}, protocols.Heap{})
			if err != nil {
				t.Fatal(err)
			}
			m := protocols.Message{Body: &Store{TS: protocols.Timestamp{Num: 2 + i, PID: 9}, CC: cc}, Payload: fragments[0]}
			if _, err := c.Request(protocols.Writer, "k", 0, m); err != nil {
				t.Fatal(err)
			}
		}
		c.Servers[1] = claimant{c.Servers[1], c}
		c.Hold(prototest.Of(4))
		run := c.Client(20, protocols.Reader).Read("k")
		c.Run()
		got, err := run.Result()
		if !run.Done() || (err == nil) != settled || settled && string(got.Value) != "v" || !settled && !errors.Is(err, ErrUnsettled) {
			t.Errorf("%d lost: done %v, %q, %v after %d rounds", lost, run.Done(), got.Value, err, run.Rounds())
		}
	}
}
