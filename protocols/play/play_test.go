package play

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
)

type body struct{}

func (*body) Kind() protocols.Kind { return 1 }

// message is one with a payload (+), without (.) or none at all (-).
func message(c byte) (m protocols.Message) {
	if c != '-' {
		m.Body = &body{}
	}
	if c == '+' {
		m.Payload = []byte("payload")
	}
	return m
}

func broadcast(s string) (b protocols.Broadcast) {
	for i := range s {
		b = append(b, message(s[i]))
	}
	return b
}

// script is an operation that does what its steps say, one for each reply, and notes what it hears.
type script struct {
	first protocols.Broadcast
	steps []protocols.Step
	late  protocols.Step
	heard []string
}

func (s *script) Start() protocols.Broadcast { return s.first }

func (s *script) Answer(round, server int, _ protocols.Message) protocols.Step {
	s.heard = append(s.heard, fmt.Sprintf("%d.%d", round, server))
	if len(s.steps) == 0 {
		return protocols.Wait()
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	return step
}

func (s *script) Overdue(round int) protocols.Step {
	s.heard = append(s.heard, fmt.Sprintf("%d late", round))
	return s.late
}

func (s *script) Result() (protocols.Result, error) { return protocols.Result{Bottom: true}, nil }

// patient is a script that does not want to know what is overdue.
type patient struct{ protocols.Operation }

// want fails unless the requests go to the servers named by message, or there are none.
func want(t *testing.T, round int, to string) func(Requests, error) {
	return func(q Requests, err error) {
		t.Helper()
		got := ""
		for _, m := range q.To {
			switch {
			case m.Body == nil:
				got += "-"
			case m.Payload == nil:
				got += "."
			default:
				got += "+"
			}
		}
		if err != nil || q.Round != round || got != to {
			t.Errorf("round %d to %q, %v; want round %d to %q", q.Round, got, err, round, to)
		}
	}
}

func heard(t *testing.T, s *script, want ...string) {
	t.Helper()
	if !slices.Equal(s.heard, want) {
		t.Errorf("the operation heard %v, want %v", s.heard, want)
	}
	s.heard = nil
}

// An operation hears the first reply of each server that it asked to each round, late ones too, until it has ended.
func TestFirstReplies(t *testing.T) {
	s := &script{first: broadcast("..-"), steps: []protocols.Step{{}, protocols.Begin(broadcast("...")), {}, protocols.Done()}}
	d, reply := New(s, 3), message('.')
	want(t, 1, "..-")(d.Start())
	for _, from := range [][2]int{{1, 0}, {1, 0}, {1, 2}, {2, 0}, {0, 0}} {
		want(t, 0, "")(d.Answer(from[0], from[1], reply))
	}
	heard(t, s, "1.0")
	want(t, 2, "...")(d.Answer(1, 1, reply))
	want(t, 0, "")(d.Answer(2, 2, reply))
	want(t, 0, "")(d.Answer(2, 2, reply))
	if d.Done() || !d.Awaits(2, 0) || d.Awaits(2, 2) {
		t.Errorf("done: %v; it awaits server 1: %v, and server 3, which answered: %v", d.Done(), d.Awaits(2, 0), d.Awaits(2, 2))
	}
	want(t, 0, "")(d.Answer(2, 1, reply))
	if !d.Done() || d.Awaits(2, 0) {
		t.Errorf("done: %v, and it awaits server 1: %v", d.Done(), d.Awaits(2, 0))
	}
	want(t, 0, "")(d.Answer(2, 0, reply))
	heard(t, s, "1.1", "2.2", "2.1")
	if result, err := d.Result(); !result.Bottom || err != nil || d.Round() != 2 {
		t.Errorf("%+v, %v, in round %d", result, err, d.Round())
	}
}

// A reply of an earlier round counts for that one, and may begin the next.
func TestLateReply(t *testing.T) {
	s := &script{first: broadcast(".."), steps: []protocols.Step{protocols.Begin(broadcast(".."))}}
	d := New(s, 2)
	want(t, 1, "..")(d.Start())
	want(t, 2, "..")(d.Answer(1, 0, message('.')))
	want(t, 0, "")(d.Answer(1, 1, message('+')))
	heard(t, s, "1.0", "1.1")
	if data, metadata := d.Rounds(0); data != 1 || metadata != 1 {
		t.Errorf("%d rounds of data, %d of metadata", data, metadata)
	}
}

// A round is widened to the servers that were not asked in it; one that was is not asked again.
func TestWiden(t *testing.T) {
	s := &script{first: broadcast("+--"), late: protocols.Widen(broadcast("++-")), steps: []protocols.Step{
		protocols.Widen(broadcast("+++")), protocols.Begin(broadcast("-.-")),
	}}
	d := New(s, 3)
	want(t, 1, "+--")(d.Start())
	if !d.Hedged(1) || d.Hedged(2) {
		t.Error("it wants to know that its round is overdue, and that alone")
	}
	want(t, 0, "")(d.Overdue(2))
	want(t, 1, "-+-")(d.Overdue(1))
	want(t, 0, "")(d.Overdue(1))
	want(t, 1, "--+")(d.Answer(1, 0, message('.')))
	want(t, 2, "-.-")(d.Answer(1, 1, message('.')))
	want(t, 2, "+--")(d.Overdue(2))
	heard(t, s, "1 late", "1.0", "1.1", "2 late")
}

// Those who do not ask are not told what is overdue.
func TestNotHedged(t *testing.T) {
	d := New(patient{&script{first: broadcast(".")}}, 1)
	want(t, 1, ".")(d.Start())
	if d.Hedged(1) {
		t.Error("it is told")
	}
	want(t, 0, "")(d.Overdue(1))
}

// An operation that cannot begin has ended. One may end with a round whose replies nobody awaits.
func TestEnds(t *testing.T) {
	d := New(&script{}, 3)
	want(t, 0, "")(d.Start())
	if !d.Done() || d.Hedged(0) {
		t.Error("it has not ended")
	}
	s := &script{first: broadcast("."), steps: []protocols.Step{{Next: broadcast("+"), Done: true}}}
	d = New(s, 1)
	want(t, 1, ".")(d.Start())
	want(t, 2, "+")(d.Answer(1, 0, message('.')))
	want(t, 0, "")(d.Answer(2, 0, message('.')))
	if heard(t, s, "1.0"); !d.Done() || d.Hedged(2) {
		t.Error("it has not ended")
	}
}

// An operation that addresses other servers than there are, or more rounds than may be, breaks the rules.
func TestBrokenRules(t *testing.T) {
	s := &script{first: broadcast("."), late: protocols.Widen(broadcast(".."))}
	if _, err := New(s, 2).Start(); err == nil || !strings.Contains(err.Error(), "round 1 goes to 1 servers, want 2") {
		t.Errorf("error %v", err)
	}
	d := New(s, 1)
	want(t, 1, ".")(d.Start())
	if _, err := d.Overdue(1); err == nil {
		t.Error("a round is widened to servers that do not exist")
	}
	for range protocols.MaxRounds {
		s.steps = append(s.steps, protocols.Begin(broadcast(".")))
	}
	for round := 1; round < protocols.MaxRounds; round++ {
		want(t, round+1, ".")(d.Answer(round, 0, message('.')))
	}
	if _, err := d.Answer(protocols.MaxRounds, 0, message('.')); err == nil {
		t.Errorf("round %d begins", protocols.MaxRounds+1)
	}
}

// A round is one of data if a request has a payload, or if more replies have one than servers may lie.
func TestDataRounds(t *testing.T) {
	for _, c := range []struct {
		why            string
		liars          int
		script         [][2]string // requests and replies of each round
		data, metadata int
	}{
		{"no round", 1, nil, 0, 0},
		{"nothing has a payload", 1, [][2]string{{"....", "...-"}}, 0, 1},
		{"requests have", 1, [][2]string{{"++++", "...-"}}, 1, 0},
		{"one request has", 1, [][2]string{{"..+.", "----"}}, 1, 0},
		{"replies have", 1, [][2]string{{"....", "+++-"}}, 1, 0},
		{"just enough replies have", 1, [][2]string{{"....", "+.+."}}, 1, 0},
		{"t liars add a payload", 1, [][2]string{{"....", "+..."}}, 0, 1},
		{"t = 2 liars add one", 2, [][2]string{{".......", "++....."}}, 0, 1},
		{"t liars leave theirs out", 1, [][2]string{{"....", ".++-"}}, 1, 0},
		{"where none lies one reply is enough", 0, [][2]string{{"...", "..+"}}, 1, 0},
		{"the one server that is asked", 1, [][2]string{{"-.--", "-+--"}}, 1, 0},
		{"the one server that is asked has none", 1, [][2]string{{"-.--", "-.--"}}, 0, 1},
		{"M-PoWerStore's READ in three rounds", 1, [][2]string{{"....", "+..-"}, {"....", "+++-"}, {"....", "...+"}}, 1, 2},
	} {
		s := &script{}
		d := New(s, 0)
		for i, round := range c.script {
			d.servers = len(round[0])
			if s.first = broadcast(round[0]); i > 0 {
				d.do(protocols.Begin(s.first))
			} else {
				d.Start()
			}
			for server := range round[1] {
				if round[1][server] != '-' {
					d.Answer(i+1, server, message(round[1][server]))
				}
			}
		}
		if data, metadata := d.Rounds(c.liars); data != c.data || metadata != c.metadata {
			t.Errorf("%s: %d rounds of data and %d of metadata, want %d and %d", c.why, data, metadata, c.data, c.metadata)
		}
	}
}

// A play repeats: so do its random bytes, which differ by seed and process.
func TestEntropy(t *testing.T) {
	seen := map[uint64]bool{}
	for _, x := range [][2]uint64{{1, 0}, {1, 1}, {2, 0}} {
		first := Entropy(x[0], x[1]).Uint64()
		if seen[first] || Entropy(x[0], x[1]).Uint64() != first {
			t.Errorf("seed %d, process %d: %x does not repeat, or is another's", x[0], x[1], first)
		}
		seen[first] = true
	}
}
