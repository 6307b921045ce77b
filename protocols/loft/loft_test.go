package loft

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/prototest"
)

// liar is a Byzantine server: it distorts what it tells, spoils its MACs, and forgets what it stores.
type liar struct {
	protocols.Server
	rand   *rand.Rand
	spoils bool
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
	case *Found:
		reply.Body = &Found{Highest: l.ahead(body.Highest)}
		if l.rand.IntN(2) == 0 {
			reply.Body = &Found{Committed: l.ahead(body.Highest), Highest: protocols.Timestamp{Num: math.MaxUint64 - 1, PID: 9}}
		}
	case *Prepared:
		reply.Body = &Prepared{Row: l.spoil(body.Row)}
	case *Latest:
		if !body.Time.TS.IsZero() && l.rand.IntN(2) == 0 {
			reply.Body = &Latest{Time: Time{TS: l.ahead(body.Time.TS), Verifier: body.Time.Verifier}}
		}
	case *Version:
		v := *body
		if v.Row = l.spoil(v.Row); l.rand.IntN(3) == 0 && !v.Committed.TS.IsZero() {
			v.Committed.TS = l.ahead(v.Committed.TS)
			v.Checksum = fingerprint.Checksum{}
			reply.Payload = nil
		}
		reply.Body = &v
	}
	return reply, records, nil
}

// ahead is a timestamp that is a little ahead, or far.
func (l *liar) ahead(ts protocols.Timestamp) protocols.Timestamp {
	return protocols.Timestamp{Num: ts.Num + 1 + l.rand.Uint64N(2)<<40, PID: 1 + l.rand.Uint64N(3)}
}

// spoil alters the MACs for some servers.
func (l *liar) spoil(row [][]byte) [][]byte {
	row = slices.Clone(row)
	for i := range row {
		if l.spoils && l.rand.IntN(2) == 0 {
			row[i] = slices.Repeat([]byte{7}, len(row[i]))
		}
	}
	return row
}

func lie(c *prototest.Cluster, server int) {
	c.Servers[server] = &liar{c.Servers[server], c.Rand, c.Faults == 1} // with more that spoil, rounds may run out (U4, U6)
}

func TestRandomSchedulesWithLyingServers(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		prototest.Scenario{Protocol: Protocol{}, Faults: faults, Seeds: 90 / faults, Byzantine: lie}.Check(t)
	}
}

// A hand is a client that lies: it sends what it likes.
type hand struct {
	*prototest.Cluster
	params
	t *testing.T
}

func byHand(t *testing.T, faults int) hand {
	c := prototest.New(t, Protocol{}, faults, "modern", 1)
	return hand{c, Protocol{}.params(faults, c.Suite), t}
}

// ask sends a request to a server, which must not refuse it.
func (h hand) ask(from protocols.Role, server int, m protocols.Message) protocols.Body {
	h.t.Helper()
	reply, err := h.Request(from, "k", server, m)
	if err != nil {
		h.t.Fatalf("s%d: %v", server+1, err)
	}
	return reply.Body
}

// encode is the PREPARE of a value to each server.
func (h hand) encode(ts protocols.Timestamp, value string) (Time, []protocols.Message) {
	fragments, err := dispersal.Encode([]byte(value), h.params.t, protocols.Heap{})
	if err != nil {
		h.t.Fatal(err)
	}
	checksum := fingerprint.New(h.suite, len(value), fragments, h.params.t)
	var all []protocols.Message
	for _, f := range fragments {
		all = append(all, protocols.Message{Body: &Prepare{TS: ts, Checksum: checksum}, Payload: f})
	}
	return h.timeOf(ts, checksum), all
}

// prepare has a writer prepare a value at some servers, and returns the rows.
func (h hand) prepare(ts protocols.Timestamp, value string, servers ...int) (Time, proof) {
	h.t.Helper()
	time, requests := h.encode(ts, value)
	rows := make(proof, h.is.Servers)
	for _, server := range servers {
		rows[server] = h.ask(protocols.Writer, server, requests[server]).(*Prepared).Row
	}
	return time, rows
}

// commits reports whether the server commits the version, by the proof.
func (h hand) commits(server int, t Time, p proof) bool {
	h.t.Helper()
	m := &Commit{Time: t, MACs: p.column(server)}
	return h.ask(protocols.Reader, server, protocols.Message{Body: m}).(*Latest).Time.Equal(t)
}

// reads is the value that a READ returns while a server is silent, and its rounds.
func (h hand) reads(pid uint64, silent int) (string, int) {
	h.t.Helper()
	h.Hold(prototest.Of(silent))
	run := h.Client(pid, protocols.Reader).Read("k")
	got := h.Finish(run)
	h.Lose(prototest.Everything)
	h.Release()
	return string(got.Value), run.Rounds()
}

var first = protocols.Timestamp{Num: 1, PID: 9}

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

// A READ heeds no row and no time that a correct server would not send, in the rounds that bring them either.
func TestWhatREADsHeed(t *testing.T) {
	h := byHand(t, 1)
	time, rows := h.prepare(first, "v", 0, 1)
	for _, x := range []struct {
		request, reply protocols.Body
		want           bool
	}{
		{&Prepare{}, &Prepared{Row: rows[1]}, true},
		{&Prepare{}, &Prepared{Row: rows[1][1:]}, false},
		{&Prepare{}, &Prepared{Row: make([][]byte, 4)}, false},
		{&Commit{}, &Prepared{Row: rows[1]}, false},
		{&Commit{}, &Latest{Time: time}, true},
		{&Commit{}, &Latest{Time: Time{TS: first}}, false},
		{&Read{}, &Latest{Time: time}, false},
	} {
		r := h.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
		v := r.version(time)
		r.rounds = []step{{request: x.request, about: v, asked: 4}}
		r.Answer(1, 1, protocols.Message{Body: x.reply})
		if heeded := v.proof[1] != nil || r.told[1] != nil; heeded != x.want || r.rounds[0].replies > 0 != x.want {
			t.Errorf("%T%+v to %T: heeded %v, counted %d", x.reply, x.reply, x.request, heeded, r.rounds[0].replies)
		}
	}
}

// A READ takes no more fragments than restore the version, and each server's once.
func TestFragmentsThatAreNeeded(t *testing.T) {
	h := byHand(t, 1)
	time, rows := h.prepare(first, "v", 0, 1, 2, 3)
	r := h.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
	r.Start()
	for i, server := range []int{0, 0, 1, 2, 3} {
		h.commits(server, time, rows)
		reply, err := h.Request(protocols.Reader, "k", server, protocols.Message{Body: &Read{}})
		if err != nil || !r.take(&Read{}, server, reply.Body.(*Version), reply.Payload) {
			t.Fatalf("s%d: %v", server+1, err)
		}
		if got := r.version(time).count; got != []int{1, 1, 2, 2, 2}[i] {
			t.Errorf("%d fragments after %d replies", got, i+1)
		}
	}
}

// What a READ does next for a version depends on its fragments, rows and who asserts it, and on what it has tried with as much.
func TestPursue(t *testing.T) {
	h := byHand(t, 1)
	time, requests := h.encode(first, "v")
	_, rows := h.prepare(first, "v", 0, 1, 2, 3)
	about := func(v *version, other bool) *version {
		if other {
			return &version{}
		}
		return v
	}
	for name, x := range map[string]struct {
		fragments, rows, asserts int
		request                  protocols.Body
		replies                  int
		other                    bool // the last round was about another version
		asked, offered, shown    int
		want                     protocols.Body // nil: it waits
	}{
		"rows of a quorum":                      {2, 3, 1, &Read{}, 3, false, 1, 0, 0, &Commit{}},
		"more rows than were offered":           {2, 4, 1, &Read{}, 3, false, 1, 3, 0, &Commit{}},
		"no more than were offered":             {2, 3, 1, &Read{}, 3, false, 1, 3, 3, nil},
		"not all may have replied":              {2, 3, 1, &Read{}, 2, false, 1, 0, 0, nil},
		"they came by PREPARE":                  {2, 3, 1, &Prepare{}, 2, false, 1, 0, 0, &Commit{}},
		"by that of another version":            {2, 3, 1, &Prepare{}, 2, true, 1, 0, 0, nil},
		"too few fragments":                     {1, 3, 1, &Read{}, 3, false, 0, 0, 0, &Read{}},
		"too few rows":                          {2, 2, 1, &Read{}, 3, false, 0, 0, 0, &Read{Bare: true}},
		"rows to show, after they were asked":   {2, 2, 1, &Read{}, 3, false, 1, 0, 1, &Prepare{}},
		"no more than were shown":               {2, 2, 1, &Read{}, 3, false, 1, 0, 2, nil},
		"one more asserts it":                   {2, 2, 2, &Read{}, 3, false, 1, 0, 2, &Read{Bare: true}},
		"and not all may have replied":          {2, 2, 2, &Read{}, 2, false, 1, 0, 2, nil},
		"one more asserts it, rows are enough":  {2, 3, 2, &Read{}, 3, false, 1, 3, 3, nil},
		"one more asserts it, fragments lack":   {1, 3, 2, &Read{}, 3, false, 1, 0, 0, &Read{}},
		"too few fragments, all asked and told": {1, 3, 1, &Read{}, 3, false, 1, 0, 0, nil},
	} {
		r := h.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
		v := r.version(time)
		v.checksum, v.count = requests[0].Body.(*Prepare).Checksum, x.fragments
		for i := range x.fragments {
			v.fragments[i] = requests[i].Payload
		}
		copy(v.proof, rows[:x.rows])
		for i := range x.asserts {
			r.told[i] = &time
		}
		v.asked, v.offered, v.shown = x.asked, x.offered, x.shown
		r.rounds = []step{{request: x.request, about: about(v, x.other), asked: 4, replies: x.replies}}
		next := r.pursue(v).Next
		var got protocols.Body
		for _, m := range next {
			if m.Body != nil {
				got = m.Body
			}
		}
		bare := func(b protocols.Body) bool { m, is := b.(*Read); return is && m.Bare }
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", x.want) || bare(got) != bare(x.want) {
			t.Errorf("%s: %T%+v, want %T%+v", name, got, got, x.want, x.want)
		}
	}
}

// PREPARE goes to servers that have not vouched, but to none whose hash the writer made up; COMMIT to those that have not committed.
func TestWhomREADsAsk(t *testing.T) {
	h := byHand(t, 1)
	time, requests := h.encode(first, "v")
	_, rows := h.prepare(first, "v", 0, 1)
	r := h.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
	r.Start()
	v := r.version(time)
	v.checksum, v.count, v.proof = requests[0].Body.(*Prepare).Checksum, 2, rows
	v.checksum.CC.Hashes = slices.Clone(v.checksum.CC.Hashes)
	v.checksum.CC.Hashes[3] = prototest.Flipped(v.checksum.CC.Hashes[3])
	for i := range 2 {
		v.fragments[i], r.told[i] = requests[i].Payload, &time
	}
	r.told[2] = &Time{}
	asked := func(step protocols.Step) (servers []int) {
		for server, m := range step.Next {
			if m.Body != nil {
				servers = append(servers, server)
			}
		}
		return servers
	}
	if got := asked(r.prepare(v)); !slices.Equal(got, []int{2}) {
		t.Errorf("PREPARE to %v, want the server that has not vouched", got)
	}
	if got := asked(r.commit(v)); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("COMMIT to %v, want those that have not committed", got)
	}
	v.proof[2] = rows[0]
	if step := r.prepare(v); step.Next != nil || step.Done {
		t.Errorf("PREPARE to nobody: %+v", step)
	}
	r.rounds, v.proof[2] = slices.Repeat([]step{{request: &Read{}, asked: 4, replies: 4}}, protocols.MaxRounds), nil
	v.asked, v.shown = 2, 1
	if step := r.pursue(v); !step.Done || !errors.Is(r.err, protocols.ErrStarved) {
		t.Errorf("without a round left: %+v, %v", step, r.err)
	}
}

// A READ begins again when it turns to a later version, and not when it goes on with one or turns back.
func TestTurn(t *testing.T) {
	h := byHand(t, 1)
	t1, _ := h.encode(first, "v")
	t2, _ := h.encode(first.Next(9), "w")
	r := h.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
	for i, x := range []struct {
		to       Time
		restarts int
	}{{t1, 0}, {t1, 0}, {t2, 1}, {t1, 1}, {t2, 2}} {
		if r.turn(r.version(x.to)); r.Restarts() != x.restarts {
			t.Errorf("step %d: %d restarts, want %d", i, r.Restarts(), x.restarts)
		}
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

// A READ may pass over what 2t+1 servers had not committed, and return what as many have, or a later one, if its fragments are there.
func TestExcludedAndComplete(t *testing.T) {
	h := byHand(t, 1)
	t1, _ := h.encode(first, "v")
	t2, _ := h.encode(first.Next(9), "w")
	for name, x := range map[string]struct {
		told               []*Time
		fragments          int
		excluded, complete bool
	}{
		"three have not":              {[]*Time{&t2, &t1, &t1, &t1}, 2, true, false},
		"two have not":                {[]*Time{&t2, &t1, &t1, nil}, 2, false, false},
		"two have, two have not":      {[]*Time{&t2, &t2, &t1, &t1}, 2, false, false},
		"three have":                  {[]*Time{&t2, &t2, &t2, &t1}, 2, false, true},
		"three have, one fragment is": {[]*Time{&t2, &t2, &t2, &t1}, 1, false, false},
	} {
		r := h.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
		r.told = x.told
		v := r.version(t2)
		if v.count = x.fragments; r.excluded(t2) != x.excluded || r.complete(v) != x.complete {
			t.Errorf("%s: excluded %v, complete %v, want %v, %v", name, r.excluded(t2), r.complete(v), x.excluded, x.complete)
		}
		if !r.version(t2).time.Equal(t2) || len(r.versions) != 1 || r.version(t1) == v {
			t.Errorf("%s: %d versions", name, len(r.versions))
		}
	}
}

// A WRITE believes a committed timestamp that t+1 servers come near to, and passes over one that 2t+1 have committed nothing so high as.
func TestLatest(t *testing.T) {
	found := func(nums ...uint64) (all []*Found) {
		for _, n := range nums {
			ts := protocols.Timestamp{Num: n, PID: 1}
			all = append(all, &Found{Committed: ts, Highest: ts})
		}
		return all
	}
	const far = 5 + leap
	ahead := found(far, 5, 5) // which one more has prepared
	ahead[1].Highest.Num = far
	for name, x := range map[string]struct {
		told  []*Found
		want  uint64
		known bool
	}{
		"all alike":                     {found(5, 5, 5), 5, true},
		"in any order":                  {found(4, 6, 5), 6, true},
		"as far ahead as may be":        {found(5, far, 5), far, true},
		"farther":                       {found(5, far+1, 5), 0, false},
		"farther, and three have not":   {found(5, far+1, 5, 4), 5, true},
		"farther, and two have":         {found(far+1, far+2, 5, 5), far + 2, true},
		"farther than others far ahead": {found(far+1, far+1, 3*far, 5), far + 1, true},
		"one more has prepared it":      {ahead, far, true},
	} {
		w := prototest.New(t, Protocol{}, 1, "modern", 1).Register(1, protocols.Writer).Write("k", nil, protocols.Heap{}).(*write)
		if got, known := w.latest(x.told); got.Num != x.want || known != x.known {
			t.Errorf("%s: %v, %v, want %d, %v", name, got, known, x.want, x.known)
		}
	}
}

// What a WRITE heeds, reply by reply: rounds that are over bring nothing but rows and acknowledgements, and COMMIT comes again once there
// are more rows and as many servers as a quorum have answered the last one.
func TestWhatWRITEsHeed(t *testing.T) {
	h := byHand(t, 1)
	w := h.Register(1, protocols.Writer).Write("k", []byte("v"), protocols.Heap{}).(*write)
	requests := w.Start()
	answer := func(round, server int, body protocols.Body, want string) {
		t.Helper()
		step, got := w.Answer(round, server, protocols.Message{Body: body}), "waits"
		if step.Done {
			got = "done"
		}
		for _, m := range step.Next {
			if m.Body != nil {
				got = strings.TrimPrefix(fmt.Sprintf("%T", m.Body), "*loft.")
			}
		}
		if step.Next != nil {
			requests = step.Next
		}
		if got != want {
			t.Errorf("%T%+v of s%d in round %d: %s, want %s", body, body, server+1, round, got, want)
		}
	}
	found := func(num uint64) *Found { return &Found{Highest: protocols.Timestamp{Num: num, PID: min(num, 1)}} }
	rows := make([][][]byte, 4)
	for i := range rows {
		rows[i] = slices.Repeat([][]byte{slices.Repeat([]byte{byte(i)}, 32)}, 4)
	}
	answer(1, 0, &Prepared{Row: rows[0]}, "waits")
	answer(1, 0, &Latest{}, "waits")
	answer(1, 0, found(5), "waits")
	answer(1, 0, found(3), "waits")
	if w.found[0].Highest.Num != 5 {
		t.Errorf("a server went back to %v", w.found[0].Highest)
	}
	answer(1, 1, found(0), "waits")
	answer(1, 2, found(0), "Prepare")
	answer(1, 3, found(9), "waits")
	answer(2, 0, &Prepared{Row: rows[0][1:]}, "waits")
	answer(1, 0, &Prepared{Row: rows[0]}, "waits")
	if w.proof.rows() > 0 || w.found[3] != nil {
		t.Errorf("took %d rows, and %v after PREPARE began", w.proof.rows(), w.found[3])
	}
	answer(2, 0, &Prepared{Row: rows[0]}, "waits")
	answer(2, 0, &Prepared{Row: rows[3]}, "waits")
	answer(2, 1, &Latest{Time: w.time}, "waits")
	answer(2, 1, &Prepared{Row: rows[1]}, "waits")
	answer(2, 2, &Prepared{Row: rows[2]}, "Commit")
	if !slices.EqualFunc(w.proof[0], rows[0], bytes.Equal) {
		t.Error("a second row took the place of the first")
	}
	answer(3, 1, &Latest{Time: Time{TS: first}}, "waits") // later, but of no version
	answer(3, 3, &Latest{Time: w.time}, "waits")
	answer(3, 0, &Latest{}, "waits")
	answer(2, 3, &Prepared{Row: rows[3]}, "waits") // two have answered COMMIT
	answer(2, 1, &Latest{}, "waits")               // not that round
	answer(3, 1, &Latest{}, "Commit")
	if requests[3].Body != nil || requests[0].Body == nil {
		t.Errorf("COMMIT again to %v, want those that have not committed", requests)
	}
	answer(4, 0, &Latest{}, "waits")
	answer(4, 1, &Latest{}, "waits") // with the rows that it had
	answer(4, 0, &Latest{Time: Time{TS: w.time.TS.Next(1), Verifier: w.time.Verifier}}, "waits")
	answer(3, 2, &Latest{Time: w.time}, "done") // a late one
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

// A reader has prepared only what t+1 servers vouch for.
func TestReadersPrepareWhatWritersWrote(t *testing.T) {
	h := byHand(t, 1)
	time, rows := h.prepare(first, "v", 0, 1)
	_, requests := h.encode(first, "v")
	for vouch, want := range map[int]bool{1: false, 2: true} {
		few := slices.Clone(rows)
		clear(few[:2-vouch])
		request := *requests[3].Body.(*Prepare)
		request.MACs = few.column(3)
		_, got := h.ask(protocols.Reader, 3, protocols.Message{Body: &request, Payload: requests[3].Payload}).(*Prepared)
		if got != want {
			t.Errorf("%d vouch for %v: s4 prepares it for a reader: %v", vouch, time.TS, got)
		}
	}
}

// A fragment of no codeword is refused, though it matches its hash: else READs would return this value or that.
func TestPoisonousWritesAreRefused(t *testing.T) {
	h := byHand(t, 1)
	_, one := h.encode(first, "one")
	_, two := h.encode(first, "two")
	mixed := [][]byte{one[0].Payload, one[1].Payload, two[2].Payload, two[3].Payload}
	checksum := fingerprint.New(h.suite, 3, mixed, 1)
	for server, fragment := range mixed {
		m := protocols.Message{Body: &Prepare{TS: first, Checksum: checksum}, Payload: fragment}
		_, err := h.Request(protocols.Writer, "k", server, m)
		if errors.Is(err, protocols.ErrRefused) != (server >= 2) {
			t.Errorf("s%d takes a fragment of %q: %v", server+1, []string{"one", "one", "two", "two"}[server], err)
		}
	}
}

// A writer that lies uses a timestamp for two values. They are two versions, and all READs agree which is the later.
func TestTwoValuesUnderOneTimestamp(t *testing.T) {
	h := byHand(t, 1)
	one, oneRows := h.prepare(first, "one", 0, 1, 2, 3)
	two, twoRows := h.prepare(first, "two", 0, 1, 2, 3)
	for server := range 4 { // some hear of one first, others of two, and of the other later
		times, rows := []Time{one, two}, []proof{oneRows, twoRows}
		for i := range 2 {
			h.commits(server, times[(server+i)%2], rows[(server+i)%2])
		}
	}
	values := map[string]bool{}
	for silent := range 4 {
		value, _ := h.reads(uint64(silent+1), silent)
		values[value] = true
	}
	if len(values) != 1 {
		t.Errorf("READs return %v", values)
	}
}

// A writer that lies commits at some servers alone: with the rows of as few as it needs, and spoilt ones for the others.
// What one READ returns, the next returns too, and whichever server is silent.
func TestHalfCommitted(t *testing.T) {
	for committed := range 16 {
		for silent := range 16 {
			h := byHand(t, 1)
			h.Finish(h.Client(1, protocols.Writer).Write("k", []byte("v")))
			h.Run()
			time, rows := h.prepare(protocols.Timestamp{Num: 2, PID: 9}, "w", 0, 1, 2)
			for server := range 4 {
				if committed>>server&1 == 1 && !h.commits(server, time, rows) {
					t.Fatalf("s%d does not commit", server+1)
				}
			}
			first, _ := h.reads(3, silent%4)
			second, _ := h.reads(4, silent/4)
			if first == "w" && second != "w" || committed == 0 && first != "v" || committed == 15 && first != "w" {
				t.Errorf("committed at %04b, without s%d and then s%d: READs return %q and %q", committed, silent%4+1, silent/4+1,
					first, second)
			}
		}
	}
}

// An old COMMIT changes nothing.
func TestStaleCommit(t *testing.T) {
	h := byHand(t, 1)
	one, oneRows := h.prepare(first, "one", 0, 1, 2, 3)
	two, twoRows := h.prepare(protocols.Timestamp{Num: 2, PID: 9}, "two", 0, 1, 2, 3)
	for server := range 4 {
		if !h.commits(server, two, twoRows) || h.commits(server, one, oneRows) {
			t.Errorf("s%d does not commit a version, or then an older one", server+1)
		}
	}
	if value, rounds := h.reads(1, 0); value != "two" || rounds != 1 {
		t.Errorf("READ returns %q after %d rounds", value, rounds)
	}
}

// spoiler spoils the MACs that it makes for others.
type spoiler struct{ protocols.Server }

func (s spoiler) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	reply, records, err := s.Server.Handle(from, key, request, state)
	if body, ok := reply.Body.(*Prepared); ok {
		reply.Body = &Prepared{Row: slices.Repeat([][]byte{make([]byte, len(body.Row[0]))}, len(body.Row))}
	}
	return reply, records, err
}

// A server that spoils its MACs costs a WRITE one round more: D+3d, where the paper's Table 3 has D+2d (U4).
func TestSpoiltMACsCostARound(t *testing.T) {
	h := byHand(t, 1)
	h.Servers[0] = spoiler{h.Servers[0]}
	w := h.Client(1, protocols.Writer)
	write := w.Write("k", []byte("v"))
	late := func(e prototest.Envelope) bool { return e.Server == 3 && e.Round == 2 }
	h.Hold(late)
	h.Run()
	if write.Done() || write.Rounds() != 3 {
		t.Fatalf("done %v after %d rounds: three rows, one of them spoilt, convince a quorum", write.Done(), write.Rounds())
	}
	h.Release()
	h.Finish(write)
	if write.Rounds() != 4 {
		t.Errorf("a WRITE of %d rounds, want 4", write.Rounds())
	}
	if value, rounds := h.reads(2, 0); value != "v" || rounds != 1 {
		t.Errorf("READ returns %q after %d rounds", value, rounds)
	}
}

// WRITEs overtake a READ in each of its rounds: it says so. Whenever it asks for a version, all servers have committed the
// next one, and each tells of another.
func TestStarved(t *testing.T) {
	h := byHand(t, 1)
	op := h.Client(2, protocols.Reader).Register.Read("k", protocols.Heap{})
	requests, ts := op.Start(), first
	for round := 1; requests != nil; round++ {
		var step protocols.Step
		for server := 0; step.Next == nil && !step.Done; server++ {
			ts.Num++
			time, rows := h.prepare(ts, "v", 0, 1, 2, 3)
			if !h.commits(server, time, rows) {
				t.Fatalf("s%d does not commit %v", server+1, ts)
			}
			reply, err := h.Request(protocols.Reader, "k", server, requests[server])
			if err != nil {
				t.Fatal(err)
			}
			step = op.Answer(round, server, reply)
		}
		requests = step.Next
	}
	if _, err := op.Result(); !errors.Is(err, protocols.ErrStarved) {
		t.Errorf("%v, want %v", err, protocols.ErrStarved)
	}
	if n := op.(*read).Restarts(); n < protocols.MaxRounds/2 {
		t.Errorf("it notes %d restarts in %d rounds", n, protocols.MaxRounds)
	}
}

// Timestamps that run far ahead are believed if servers support them, waited for if not, and passed over if 2t+1 are behind.
func TestTimestampsFarAhead(t *testing.T) {
	far, low := protocols.Timestamp{Num: 1 << 40, PID: 1}, protocols.Timestamp{Num: 5, PID: 1}
	at := func(c, h protocols.Timestamp) *Found { return &Found{Committed: c, Highest: h} }
	for name, c := range map[string]struct {
		found []*Found
		want  uint64
	}{
		"one":                   {[]*Found{at(far, far), at(low, low), at(low, low)}, 0},
		"one, and all others":   {[]*Found{at(far, far), at(low, low), at(low, low), at(low, low)}, 5},
		"one, which is support": {[]*Found{at(far, far), at(low, far), at(low, low)}, 1 << 40},
		"a little":              {[]*Found{at(protocols.Timestamp{Num: 5 + leap, PID: 1}, far), at(low, low), at(low, low)}, 5 + leap},
		"none":                  {[]*Found{at(low, far), at(low, low), at(low, low)}, 5},
	} {
		w := &write{params: Protocol{}.params(1, nil)}
		if got, known := w.latest(c.found); known != (c.want > 0) || known && got.Num != c.want {
			t.Errorf("%s far ahead: %v, %v, want %d", name, got, known, c.want)
		}
	}
}

// A writer that lies commits a timestamp far ahead while a WRITE is in FIND, and a server crashes: two servers told of less before
// they prepared it, and there is no third to rule it out. They are asked again, and support it.
func TestFarTimestampsAreAskedForAgain(t *testing.T) {
	h := byHand(t, 1)
	write := h.Client(1, protocols.Writer).Write("k", []byte("v"))
	of := prototest.Of(1, 2)
	h.Deliver(func(e prototest.Envelope) bool { return write.Is(e) && of(e) })
	far := protocols.Timestamp{Num: 1 << 40, PID: 9}
	time, rows := h.prepare(far, "far", 0, 1, 2)
	if !h.commits(0, time, rows) {
		t.Fatal("s1 does not commit")
	}
	h.Crash(3)
	if got := h.Finish(write); got.Timestamp.Num != far.Num+1 || write.Rounds() != 4 {
		t.Errorf("timestamp %v after %d rounds, want the one after %v, after 4", got.Timestamp, write.Rounds(), far)
	}
}

func TestExhausted(t *testing.T) {
	h := byHand(t, 1)
	last := protocols.Timestamp{Num: math.MaxUint64 - 1, PID: 9}
	time, rows := h.prepare(last, "v", 0, 1, 2, 3)
	for server := range 4 {
		h.commits(server, time, rows)
	}
	run := h.Client(1, protocols.Writer).Write("k", []byte("w"))
	h.Run()
	if _, err := run.Result(); !run.Done() || !errors.Is(err, protocols.ErrExhausted) {
		t.Errorf("done %v, %v", run.Done(), err)
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

func TestImplausibleReplies(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("v")))
	c.Run()
	c.CheckIgnored(w, func(honest protocols.Message) (wrong []protocols.Message) {
		switch body := honest.Body.(type) {
		case *Found:
			return []protocols.Message{
				{Body: &Found{Committed: protocols.Timestamp{PID: 1}}},
				{Body: &Found{Committed: protocols.Timestamp{PID: 1}, Highest: first}},
				{Body: &Found{Highest: protocols.Timestamp{PID: 1}}},
				{Body: &Found{Committed: first}},
			}
		case *Prepared:
			return []protocols.Message{{Body: &Prepared{}}, {Body: &Prepared{Row: body.Row[1:]}}}
		case *Latest:
			return []protocols.Message{{Body: &Latest{Time: Time{TS: body.Time.TS}}}}
		}
		return nil
	})
}

// What a READ takes of a server: what it has committed, or the later version that was asked for, whole, with rows for that alone.
func TestTake(t *testing.T) {
	c := prototest.New(t, Protocol{}, 1, "modern", 1)
	w := c.Client(1, protocols.Writer)
	c.Finish(w.Write("k", []byte("v")))
	c.Run()
	all := []int{0, 1, 2, 3}
	c.Interrupt(w.Write("k", []byte("w")), all, all)
	var has state
	if c.Load(0, "k", recordState, &has); len(has.Prepared) != 1 {
		t.Fatalf("the second WRITE is not prepared: %+v", has)
	}
	whole, later := &Read{}, &Read{At: has.Prepared[0]}
	committed, prepared := c.Ask(protocols.Reader, "k", 0, whole), c.Ask(protocols.Reader, "k", 0, later)
	for name, x := range map[string]struct {
		request *Read
		of      protocols.Message
		change  func(v *Version, fragment *[]byte)
		want    bool
	}{
		"what is committed":                    {whole, committed, func(*Version, *[]byte) {}, true},
		"what is prepared":                     {later, prepared, func(*Version, *[]byte) {}, true},
		"what is prepared, without a row":      {later, prepared, func(v *Version, _ *[]byte) { v.Row = nil }, true},
		"what is committed, and nothing of it": {whole, committed, func(v *Version, f *[]byte) { *v, *f = Version{Committed: v.Committed}, nil }, true},
		"half a time":                          {whole, committed, func(v *Version, _ *[]byte) { v.Committed.Verifier = nil }, false},
		"another time":                         {whole, committed, func(v *Version, _ *[]byte) { v.Committed.Verifier = prototest.Flipped(v.Committed.Verifier) }, false},
		"prepared, and nothing asked for":      {whole, committed, func(v *Version, _ *[]byte) { v.Prepared = true }, false},
		"prepared, and committed already":      {&Read{At: has.Committed}, committed, func(v *Version, _ *[]byte) { v.Prepared = true }, false},
		"a row, and nothing asked for":         {whole, committed, func(v *Version, _ *[]byte) { v.Row = prepared.Body.(*Version).Row }, false},
		"a short row":                          {later, prepared, func(v *Version, _ *[]byte) { v.Row = v.Row[1:] }, false},
		"a row of short MACs":                  {later, prepared, func(v *Version, _ *[]byte) { v.Row = make([][]byte, 4) }, false},
		"too few hashes":                       {whole, committed, func(v *Version, _ *[]byte) { v.Checksum.CC.Hashes = v.Checksum.CC.Hashes[1:] }, false},
		"another fragment":                     {whole, committed, func(_ *Version, f *[]byte) { *f = prototest.Flipped(*f) }, false},
		"a fragment of nothing":                {whole, committed, func(v *Version, _ *[]byte) { v.Checksum = fingerprint.Checksum{} }, false},
	} {
		r := c.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read)
		r.Start()
		v, fragment := *x.of.Body.(*Version), slices.Clone(x.of.Payload)
		if x.change(&v, &fragment); r.take(x.request, 0, &v, fragment) != x.want {
			t.Errorf("%s: taken %v, want %v", name, !x.want, x.want)
		}
	}
	r, last := c.Register(2, protocols.Reader).Read("k", protocols.Heap{}).(*read), c.Ask(protocols.Reader, "k", 3, whole)
	few := *last.Body.(*Version) // a version of its own, with no hash for the server
	few.Checksum.CC.Hashes = few.Checksum.CC.Hashes[:3]
	few.Committed = r.timeOf(few.Committed.TS, few.Checksum)
	if r.take(whole, 3, &few, last.Payload) {
		t.Error("took a version that has no hash for the server's fragment")
	}
}

// A server whose keys are not of this cluster says what to do.
func TestKeysOfAnotherCluster(t *testing.T) {
	h := byHand(t, 1)
	for _, pairs := range [][][]byte{nil, make([][]byte, 7)} {
		keys := h.ServerKeys[0]
		keys.Pairs = pairs
		s := Protocol{}.NewServer(protocols.ServerParams{T: 1, Suite: h.suite, Keys: keys})
		_, _, err := s.Handle(protocols.Reader, "k", protocols.Message{Body: &Read{}}, prototest.Broken{})
		if err == nil || errors.Is(err, protocols.ErrRefused) || !strings.HasPrefix(err.Error(), "server 1 ") || !strings.Contains(err.Error(), "make a new cluster") {
			t.Errorf("%d keys: %v", len(pairs), err)
		}
	}
}
