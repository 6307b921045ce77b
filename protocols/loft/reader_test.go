package loft

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/fingerprint"
	"github.com/powbench/powbench/protocols/prototest"
)

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
