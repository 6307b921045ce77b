package byzantine

import (
	"testing"

	"github.com/powbench/powbench/protocols"
)

// noting is a server that counts, for each key, the messages that it was sent, in a record.
type noting struct{}

func (noting) Handle(_ protocols.Role, _ protocols.Key, _ protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	body, _, err := state.Body("count")
	if err != nil {
		return protocols.Message{}, nil, err
	}
	body = append(body, '|')
	return protocols.Message{Payload: body}, []protocols.Record{{Name: "count", Body: body}}, nil
}

// inTurn rolls 0, 1, 0, 1 and so on.
type inTurn struct{ n int }

func (d *inTurn) Roll(n int) int {
	d.n++
	return (d.n - 1) % n
}

// Each client hears all that its own twin was told, nothing of what the other was, and always talks to the same one.
func TestTwins(t *testing.T) {
	s := twoFaced(Part{Dice: &inTurn{}}, noting{}).(protocols.Peer)
	database := records{}
	send := func(client uint64, key protocols.Key) int {
		e, err := s.Take(protocols.Incoming{Key: key, Ticket: protocols.Ticket{Client: client}, Role: protocols.Reader}, database)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range e.Records {
			database[r.Name] = r
		}
		return len(e.Reply.Payload)
	}
	for i, step := range []struct {
		client uint64
		key    protocols.Key
		want   int
	}{{1, "x", 1}, {2, "x", 1}, {1, "x", 2}, {1, "x", 3}, {2, "x", 2}, {2, "y", 1}, {3, "x", 4}, {4, "x", 3}} {
		if got := send(step.client, step.key); got != step.want {
			t.Errorf("message %d, of client %d: its twin knows of %d messages for %s, want %d", i, step.client, got, step.key, step.want)
		}
	}
}
