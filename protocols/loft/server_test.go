package loft

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/prototest"
)

// A version is committed by the rows of 2t+1 servers and not of fewer; and by none that is not their own, or for others.
func TestCommitNeeds(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		h := byHand(t, faults)
		servers := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}[:2*faults+1]
		time, rows := h.prepare(first, "v", servers...)
		last := len(h.Servers) - 1
		fewer := slices.Clone(rows)
		fewer[0] = nil
		if h.commits(last, time, fewer) || !h.commits(last, time, rows) {
			t.Errorf("t=%d: %d rows commit, or %d do not", faults, fewer.rows(), rows.rows())
		}
		if later := (Time{TS: protocols.Timestamp{Num: 2, PID: 9}, Verifier: time.Verifier}); h.commits(last, later, rows) {
			t.Errorf("t=%d: the MACs of one version commit another", faults)
		}
		if found := h.commits(0, time, slices.Repeat(proof{rows[1]}, len(rows))); found {
			t.Errorf("t=%d: one server's row passes for those of all", faults)
		}
	}
}

// The MACs that a server makes for others are not theirs, although each pair shares one key.
func TestMACsAreNotReflected(t *testing.T) {
	h := byHand(t, 1)
	time, rows := h.prepare(first, "v", 2)
	m := &Commit{Time: time, MACs: rows[2]}
	if got := h.ask(protocols.Writer, 2, protocols.Message{Body: m}).(*Latest); !got.Time.Equal(Time{}) {
		t.Error("s3 commits what it alone has prepared: it takes its own MACs for those of others")
	}
}

// What a server holds: the committed version and later ones. Older ones go with a COMMIT, and are vouched for without being stored; the
// committed one's fragment may come after it.
func TestWhatAServerHolds(t *testing.T) {
	h := byHand(t, 1)
	version := func(num uint64) (Time, []protocols.Message, proof) {
		ts := protocols.Timestamp{Num: num, PID: 9}
		time, requests := h.encode(ts, "v")
		_, rows := h.prepare(ts, "v", 1, 2, 3)
		return time, requests, rows
	}
	t2, at2, rows2 := version(2)
	t1, at1, _ := version(1)
	t3, at3, rows3 := version(3)
	holds := func(want ...Time) {
		t.Helper()
		var has state
		h.Load(0, "k", recordState, &has)
		for _, time := range []Time{t1, t2, t3} {
			_, found := h.Record(0, "k", recordVersion(time))
			wanted := slices.ContainsFunc(want, time.Equal)
			if listed := slices.ContainsFunc(has.Prepared, time.Equal); found != wanted || listed != (wanted && time.Compare(has.Committed) > 0) {
				t.Errorf("%v: held %v, prepared %v, want %v; committed is %v", time.TS, found, listed, wanted, has.Committed.TS)
			}
		}
	}
	prepares := func(requests []protocols.Message, want uint64) {
		t.Helper()
		if row := h.ask(protocols.Writer, 0, requests[0]).(*Prepared).Row; len(row) != 4 {
			t.Errorf("the row is %x", row)
		}
		if found := h.ask(protocols.Writer, 0, protocols.Message{Body: &Find{}}).(*Found); found.Highest.Num != want {
			t.Errorf("the highest timestamp is %v, want %d", found.Highest, want)
		}
	}
	prepares(at3, 3)
	prepares(at1, 3)
	holds(t1, t3)
	if !h.commits(0, t2, rows2) { // whose fragment has not come
		t.Fatal("2t+1 rows do not commit")
	}
	holds(t3)
	prepares(at1, 3)
	holds(t3)
	prepares(at2, 3)
	prepares(at2, 3)
	holds(t2, t3)
	if !h.commits(0, t3, rows3) {
		t.Fatal("2t+1 rows do not commit")
	}
	holds(t3)
	if h.ask(protocols.Writer, 0, protocols.Message{Body: &Commit{Time: t2, MACs: rows2.column(0)}}).(*Latest).Time.Equal(t2) {
		t.Error("a server goes back")
	}
	prepares(at2, 3)
	holds(t3)
}

// A server tells of the later version that was asked for only if it holds it, and vouches for what it holds or has passed.
func TestWhatAServerTells(t *testing.T) {
	h := byHand(t, 1)
	t1, rows1 := h.prepare(first, "v", 0, 1, 2)
	t2, _ := h.prepare(first.Next(9), "w", 0)
	h.commits(0, t1, rows1)
	h.commits(3, t1, rows1) // without its fragment
	other := Time{TS: protocols.Timestamp{Num: 9, PID: 9}, Verifier: t1.Verifier}
	before := Time{TS: protocols.Timestamp{Num: 1, PID: 1}, Verifier: t1.Verifier}
	for name, x := range map[string]struct {
		server                    int
		read                      Read
		prepared, row, restorable bool
	}{
		"nothing asked for":             {0, Read{}, false, false, true},
		"the committed one":             {0, Read{At: t1}, false, true, true},
		"the prepared one":              {0, Read{At: t2}, true, true, true},
		"the prepared one, bare":        {0, Read{At: t2, Bare: true}, true, true, false},
		"one that is not there":         {0, Read{At: other}, false, false, true},
		"an older one":                  {0, Read{At: before}, false, true, true},
		"committed, without a fragment": {3, Read{At: t1}, false, false, false},
		"passed, without a fragment":    {3, Read{At: before}, false, true, false},
	} {
		reply, err := h.Request(protocols.Reader, "k", x.server, protocols.Message{Body: &x.read})
		if err != nil {
			t.Fatal(err)
		}
		v := reply.Body.(*Version)
		if v.Prepared != x.prepared || (v.Row != nil) != x.row || (len(reply.Payload) > 0) != x.restorable || !v.Committed.Equal(t1) {
			t.Errorf("%s: prepared %v, row %v, fragment %v, committed %v, want %+v", name, v.Prepared, v.Row != nil, len(reply.Payload) > 0, v.Committed.TS, x)
		}
	}
}

// A writer that lies leaves out a server's hash: it refuses, and does not look for it.
func TestChecksumsThatAreShort(t *testing.T) {
	h := byHand(t, 1)
	_, requests := h.encode(first, "v")
	whole := requests[3].Body.(*Prepare).Checksum
	hashes, prints := whole, whole
	hashes.CC.Hashes, prints.Prints = whole.CC.Hashes[:3], whole.Prints[:len(whole.Prints)-1]
	for _, short := range []fingerprint.Checksum{hashes, prints} {
		m := protocols.Message{Body: &Prepare{TS: first, Checksum: short}, Payload: requests[3].Payload}
		if _, err := h.Request(protocols.Writer, "k", 3, m); !errors.Is(err, protocols.ErrRefused) {
			t.Errorf("%d hashes and %d bytes of fingerprints: %v", len(short.CC.Hashes), len(short.Prints), err)
		}
	}
}

func TestServerRefuses(t *testing.T) {
	h := byHand(t, 1)
	time, requests := h.encode(first, "value")
	good := requests[0].Body.(*Prepare)
	prepare := func(change func(*Prepare), fragment []byte) prototest.Request {
		m := *good
		change(&m)
		return prototest.From(protocols.Writer, &m, fragment)
	}
	right := requests[0].Payload
	h.CheckRefused(map[string]prototest.Request{
		"another server's fragment":  prepare(func(*Prepare) {}, requests[1].Payload),
		"a short fragment":           prepare(func(*Prepare) {}, right[:1]),
		"ts0":                        prepare(func(m *Prepare) { m.TS = protocols.Timestamp{} }, right),
		"the highest number":         prepare(func(m *Prepare) { m.TS.Num = math.MaxUint64 }, right),
		"fingerprints of a fragment": prepare(func(m *Prepare) { m.Checksum.Prints = m.Checksum.Prints[:16] }, right),
		"MACs of another t":          prepare(func(m *Prepare) { m.MACs = make([][]byte, 7) }, right),
		"a COMMIT of no time":        prototest.From(protocols.Writer, &Commit{MACs: make([][]byte, 4)}, nil),
		"a COMMIT without MACs":      prototest.From(protocols.Writer, &Commit{Time: time}, nil),
		"a READ of half a time":      prototest.From(protocols.Reader, &Read{At: Time{TS: first}}, nil),
	})
	if _, err := h.Request(protocols.Writer, "k", 0, requests[0]); err != nil {
		t.Errorf("a correct PREPARE: %v", err)
	}
}
