package gv

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/gv/history"
)

// views are what the first servers answered to LOOK, for t = 1: three of four servers are a quorum.
func views(window uint64, all ...*View) *evidence {
	e := newEvidence(Protocol{limits{window: window}}.params(1))
	for server, v := range all {
		e.look[server], e.views[server] = v, []*View{v}
	}
	return &e
}

// written is a view of the writer's register.
func written(spans ...Span) *View {
	return &View{Registers: history.Told{{Owner: history.Writer, Spans: spans}}}
}

// upTo is a view in which the numbers to the last are written.
func upTo(last uint64) *View { return written(Span{From: 1, To: last}) }

// accusing is upTo, by a server that tells that the writer heard of this READ from another one.
func accusing(last, server uint64) *View {
	return written(Span{From: 1, To: last - 1}, Span{From: last, To: last, Marks: []Mark{{Server: server, Reader: 2, Number: 9}}})
}

func forgetful(last, forgot uint64) *View {
	v := upTo(last)
	v.Forgot = forgot
	return v
}

// LOOK ends with a quorum's replies that may all be true.
func TestAgreed(t *testing.T) {
	for name, x := range map[string]struct {
		replies []*View
		want    []int
	}{
		"t servers are missing":                     {[]*View{upTo(2), upTo(2), upTo(2)}, []int{0, 1, 2}},
		"a quorum is not there":                     {[]*View{upTo(2), upTo(2)}, nil},
		"one accuses another":                       {[]*View{accusing(2, 1), upTo(2), upTo(2), upTo(2)}, []int{1, 2, 3}},
		"the last is accused":                       {[]*View{upTo(2), upTo(2), accusing(2, 3), upTo(2)}, []int{0, 1, 3}},
		"two accuse one":                            {[]*View{upTo(2), accusing(2, 0), accusing(2, 0), upTo(2)}, []int{1, 2, 3}},
		"two accuse another, that comes after them": {[]*View{accusing(2, 2), accusing(2, 2), upTo(2), upTo(2)}, []int{0, 1, 3}},
		"one accuses itself":                        {[]*View{upTo(2), accusing(2, 1), upTo(2), upTo(2)}, []int{0, 2, 3}},
		"of three one accuses another":              {[]*View{accusing(2, 1), upTo(2), upTo(2)}, nil},
		"the least that t+1 tell is not forgotten":  {[]*View{upTo(5), upTo(5), upTo(5), forgetful(9, 5)}, []int{0, 1, 2, 3}},
		"it may be forgotten":                       {[]*View{upTo(5), upTo(5), upTo(5), forgetful(9, 6)}, []int{0, 1, 2}},
		"the window ahead of it":                    {[]*View{upTo(5), upTo(5), upTo(5), upTo(13)}, []int{0, 1, 2, 3}},
		"farther ahead than that":                   {[]*View{upTo(5), upTo(5), upTo(5), upTo(14)}, []int{0, 1, 2}},
	} {
		var servers []int
		for i := range x.replies {
			servers = append(servers, i)
		}
		if got := views(8, x.replies...).agreed(servers); !slices.Equal(got, x.want) {
			t.Errorf("%s: servers %v, want %v", name, got, x.want)
		}
	}
}

// Candidates are the numbers from the least on, which t+1 servers reach, each with what is told of it.
func TestAdopt(t *testing.T) {
	e := views(8, upTo(1), accusing(3, 3), &View{Registers: history.Told{
		{Owner: history.Writer, Spans: []Span{{From: 1, To: 3}}}, {Owner: 7, Spans: []Span{{From: 2, To: 4}}},
	}})
	e.adopt([]int{0, 1, 2})
	if e.least != 3 || !slices.Equal(e.nums, []uint64{4, 3}) || len(e.claims[3]) != 3 || len(e.claims[4]) != 1 || len(e.claims[2]) != 0 {
		t.Errorf("least %d, numbers %v, claims %v", e.least, e.nums, e.claims)
	}
	e = views(8, upTo(2), upTo(2), &View{})
	if e.adopt([]int{0, 1, 2}); e.least != 2 || len(e.claims[2]) != 1 {
		t.Errorf("least %d, claims %v: what two tell alike is one candidate", e.least, e.claims)
	}
	e = views(8, &View{}, &View{}, written(Span{From: 0, To: 1}))
	if e.adopt([]int{0, 1, 2}); e.least != 0 || !slices.Equal(e.nums, []uint64{1}) {
		t.Errorf("least %d, numbers %v: 0 is no number", e.least, e.nums)
	}
}

// A value is confirmed when t+1 servers have told it, whatever others tell; to have none is no value.
func TestConfirmed(t *testing.T) {
	tell := func(server int, value string) voice { return voice{server: server, value: []byte(value), has: true} }
	for name, x := range map[string]struct {
		told []voice
		want string
	}{
		"one":                {[]voice{tell(0, "v")}, ""},
		"two that differ":    {[]voice{tell(0, "v"), tell(1, "w")}, ""},
		"two alike":          {[]voice{tell(0, "w"), tell(1, "v"), tell(2, "v")}, "v"},
		"two without":        {[]voice{{server: 0}, {server: 1}}, ""},
		"one and one":        {[]voice{tell(0, "v"), {server: 1}}, ""},
		"two, empty ones":    {[]voice{tell(0, ""), tell(1, ""), {server: 2}}, ""},
		"one empty, one not": {[]voice{tell(0, ""), {server: 1}}, ""},
	} {
		e := views(8)
		for _, v := range x.told {
			e.note(5, v)
		}
		if got, found := e.confirmed(5); string(got) != x.want || found != (x.want != "" || name == "two, empty ones") {
			t.Errorf("%s: %q, %v, want %q", name, got, found, x.want)
		}
	}
	e := views(8)
	e.note(5, voice{server: 0})
	e.note(5, tell(0, "v")) // it has come since
	e.note(5, tell(0, "w")) // and does not change
	e.note(5, tell(1, "v"))
	if got, _ := e.confirmed(5); string(got) != "v" || len(e.told[5]) != 2 {
		t.Errorf("%q of %v, want the first value that a server had", got, e.told[5])
	}
}

// To have none is not to have an empty value.
func TestSame(t *testing.T) {
	empty := voice{has: true}
	if !empty.same(voice{server: 1, value: []byte{}, has: true}) || empty.same(voice{}) || (voice{}).same(empty) || (voice{}).same(voice{}) {
		t.Error("an empty value, or none, is taken for another")
	}
}

// reading is a READ that has ended LOOK: all servers told of the numbers to 5.
func reading() *read {
	r := newRead(Protocol{}.params(1), 2, 2)
	r.evidence = *views(8, upTo(5), upTo(5), upTo(5))
	r.agreed = []int{0, 1, 2}
	r.adopt(r.agreed)
	return r
}

// A READ asks again for what it has not asked for, as long as its write-back has two rounds left.
func TestLastShow(t *testing.T) {
	for _, x := range []struct {
		left        int
		asked, asks bool
	}{{2, false, false}, {3, false, true}, {3, true, false}} {
		r := reading()
		r.Round, r.wants[5] = protocols.MaxRounds-x.left, x.asked
		if step := r.decide(); (step.Next != nil) != x.asks || step.Done {
			t.Errorf("with %d rounds left, asked before: %v: the READ asks again: %v", x.left, x.asked, step.Next != nil)
		}
	}
}

// SHOW asks those for a value that have not told it, though they may have told that they have none.
func TestShowAsks(t *testing.T) {
	r := reading()
	r.note(5, voice{server: 0})
	r.note(5, voice{server: 1, value: []byte("v"), has: true})
	step := r.show()
	for server, want := range []int{1, 0, 1, 1} {
		if got := step.Next[server].Body.(*Show); len(got.Want) != want || got.Least != 5 {
			t.Errorf("s%d is asked %+v, want %d numbers", server+1, got, want)
		}
	}
}

// Late replies to a SHOW may confirm or deny, but the next one waits for a quorum of its own.
func TestLateShows(t *testing.T) {
	r := reading()
	show := protocols.ToAll(4, protocols.Message{Body: &Show{}})
	r.shows, r.Round = []protocols.Broadcast{show, show}, 3
	for i, round := range []int{2, 2, 2, 2, 3, 3, 3} {
		if step := r.learn(round, i%4, upTo(5), nil); (step.Next != nil) != (i == 6) {
			t.Errorf("after %d replies, of round %d, the READ goes on: %v", i+1, round, step.Next != nil)
		}
	}
}

// A number is removed when 2t+1 servers deny each of its candidates with each value that was told, or with none.
func TestRemoved(t *testing.T) {
	of := func(replies ...*View) *evidence {
		e := views(8, replies...)
		e.claim(4, claim{owner: history.Writer})
		return e
	}
	value := func(e *evidence, server int, value string) *evidence {
		e.note(4, voice{server: server, value: []byte(value), has: true})
		return e
	}
	for name, x := range map[string]struct {
		e    *evidence
		want bool
	}{
		"three lack it":                                 {of(upTo(3), upTo(3), upTo(3)), true},
		"two lack it":                                   {of(upTo(3), upTo(3), upTo(4)), false},
		"two lack it, one has other marks":              {of(upTo(3), upTo(3), accusing(4, 2)), true},
		"two lack it, one may have forgotten it":        {of(upTo(3), upTo(3), forgetful(3, 4)), false},
		"two lack it, one has forgotten what is before": {of(upTo(3), upTo(3), forgetful(2, 3)), true},
		"two lack it, one told another value too":       {value(value(of(upTo(3), upTo(3), upTo(4), upTo(4)), 2, "v"), 3, "w"), true},
		"two lack it, two told one value":               {value(value(of(upTo(3), upTo(3), upTo(4), upTo(4)), 2, "v"), 3, "v"), false},
		"two lack it, one is also in another place":     {func() *evidence { e := of(upTo(3), upTo(3), upTo(4)); e.claim(4, claim{owner: 7}); return e }(), false},
	} {
		if got := x.e.removed(4); got != x.want {
			t.Errorf("%s: removed %v, want %v", name, got, x.want)
		}
	}
}

// SHOW asks for what servers told first, down to what is confirmed, and of the other numbers for the highest.
func TestWanted(t *testing.T) {
	e := views(99, upTo(40), written(Span{From: 1, To: 30}), written(Span{From: 1, To: 2}))
	e.adopt([]int{0, 1, 2})
	if e.least != 30 || len(e.nums) != 11 {
		t.Fatalf("least %d, numbers %v", e.least, e.nums)
	}
	e = views(99, upTo(40), written(Span{From: 1, To: 10}), written(Span{From: 1, To: 10}))
	e.adopt([]int{0, 1, 2})
	want := []uint64{40}
	for num := uint64(39); num > 39-maxWant; num-- {
		want = append(want, num)
	}
	if got := e.wanted([]int{0, 1, 2}); !slices.Equal(got, append(want, 10)) {
		t.Errorf("wanted %v, want %v and 10", got, want)
	}
	for server := range 2 {
		e.note(38, voice{server: server, has: true})
	}
	if got := e.wanted([]int{0, 1, 2}); !slices.Equal(got, []uint64{40, 39}) {
		t.Errorf("wanted %v after 38 is confirmed, want 40 and 39", got)
	}
}

// A server holds a number if any of its replies tells of it.
func TestHolders(t *testing.T) {
	e := views(8, upTo(3), upTo(4), upTo(5))
	e.views[0] = append(e.views[0], upTo(4))
	if n := e.holders(history.Writer, 4); n != 3 {
		t.Errorf("%d servers hold 4, want 3", n)
	}
	if n := e.holders(7, 4); n != 0 {
		t.Errorf("%d servers hold it in another register, want none", n)
	}
}

// What a server was not asked for, no correct one sends.
func TestHear(t *testing.T) {
	e := views(8)
	v := &View{Parts: []Part{{5, 1}, {4, 2}}}
	if e.hear(0, v, []byte("vww"), []uint64{5}) || len(e.told) > 0 {
		t.Errorf("took a value that was not asked for: %v", e.told)
	}
	if !e.hear(0, v, []byte("vww"), []uint64{5, 4, 3}) || string(e.told[5][0].value) != "v" || string(e.told[4][0].value) != "ww" || e.told[3][0].has {
		t.Errorf("told %v", e.told)
	}
}
