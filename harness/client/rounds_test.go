package client

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport"
)

type anything struct{}

func (*anything) Kind() protocols.Kind { return 1 }

// played counts rounds of one request with payload (+), without (.) or none (-) to each server, and of one such reply.
func played(faults int, script ...[2]string) result.Rounds {
	message := func(c byte) (m protocols.Message) {
		if c != '-' {
			m.Body = &anything{}
		}
		if c == '+' {
			m.Payload = []byte("payload")
		}
		return m
	}
	r := rounds{faults: faults}
	for _, round := range script {
		var b protocols.Broadcast
		for i := range round[0] {
			b = append(b, message(round[0][i]))
		}
		number := r.begin(b)
		for i := range round[1] {
			if round[1][i] != '-' {
				r.hear(transport.Reply{Round: number, Server: i, Message: message(round[1][i])})
			}
		}
	}
	return r.count()
}

// A round is one of data if a request has a payload, or if more replies have one than servers may lie.
func TestDataRounds(t *testing.T) {
	for _, c := range []struct {
		why    string
		faults int
		script [][2]string
		want   result.Rounds
	}{
		{"no round", 1, nil, result.Rounds{}},
		{"nothing has a payload", 1, [][2]string{{"....", "...-"}}, result.Rounds{Metadata: 1}},
		{"requests have", 1, [][2]string{{"++++", "...-"}}, result.Rounds{Data: 1}},
		{"one request has", 1, [][2]string{{"..+.", "----"}}, result.Rounds{Data: 1}},
		{"replies have", 1, [][2]string{{"....", "+++-"}}, result.Rounds{Data: 1}},
		{"just enough replies have", 1, [][2]string{{"....", "+.+."}}, result.Rounds{Data: 1}},
		{"t liars add a payload", 1, [][2]string{{"....", "+..."}}, result.Rounds{Metadata: 1}},
		{"t = 2 liars add one", 2, [][2]string{{".......", "++....."}}, result.Rounds{Metadata: 1}},
		{"t liars leave theirs out", 1, [][2]string{{"....", ".++-"}}, result.Rounds{Data: 1}},
		{"where none lies one reply is enough", 0, [][2]string{{"...", "..+"}}, result.Rounds{Data: 1}},
		{"the one server that is asked", 1, [][2]string{{"-.--", "-+--"}}, result.Rounds{Data: 1}},
		{"the one server that is asked has none", 1, [][2]string{{"-.--", "-.--"}}, result.Rounds{Metadata: 1}},
		{
			"M-PoWerStore's READ in three rounds", 1,
			[][2]string{{"....", "+..-"}, {"....", "+++-"}, {"....", "...+"}},
			result.Rounds{Data: 1, Metadata: 2},
		},
	} {
		if got := played(c.faults, c.script...); got != c.want {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

// A reply counts for its own round, also when it comes in a later one.
func TestLateRepliesCountForTheirRound(t *testing.T) {
	r := rounds{faults: 1}
	ask := protocols.ToAll(4, protocols.Message{Body: &anything{}})
	r.begin(ask)
	r.begin(ask)
	for server := range 2 {
		r.hear(transport.Reply{Round: 1, Server: server, Message: protocols.Message{Payload: []byte("late")}})
	}
	if !(r.all[0].loads == 2 && r.all[1].loads == 0) || r.count() != (result.Rounds{Data: 1, Metadata: 1}) {
		t.Errorf("%+v", r)
	}
}
