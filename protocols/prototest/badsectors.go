package prototest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// CheckBadSectors wants a server to say so and to store nothing whichever of the request's looks at the state of the key fails, and that
// one alone. If that look finds a damaged record, it says so too, or does what it does without the damage.
func (c *Cluster) CheckBadSectors(key protocols.Key, server int, r Request) {
	c.t.Helper()
	reason := errors.New("a bad sector")
	handle := func(at int, err error) (*badSector, protocols.Message, []protocols.Record, error) {
		state := &badSector{Peek: Peek{Cluster: c, Server: server, Key: key}, at: at, err: err}
		reply, records, err := c.Servers[server].Handle(r.Role, key, r.Message, state)
		return state, reply, records, err
	}
	_, want, stored, healthy := handle(0, nil)
	for at := 1; ; at++ {
		state, _, records, err := handle(at, reason)
		if state.looks() < at {
			return
		}
		if !errors.Is(err, reason) || len(records) > 0 {
			c.Fatalf("%T to s%d, whose look %d at the state fails: %v and %d records", r.Body, server+1, at, err, len(records))
		}
		_, reply, records, err := handle(at, nil)
		same := reflect.DeepEqual(reply, want) && reflect.DeepEqual(records, stored) && fmt.Sprint(err) == fmt.Sprint(healthy)
		if says := err != nil && strings.Contains(err.Error(), "is damaged") && len(records) == 0; !says && !same {
			c.Fatalf("%T to s%d, whose look %d finds a damaged record: %+v, %d records, %v", r.Body, server+1, at, reply.Body, len(records), err)
		}
	}
}

// badSector is a server's state that fails one look, or finds a damaged record there if it has no error.
type badSector struct {
	Peek
	at  int // which, from 1
	err error
}

func (s *badSector) looks() int { return len(s.Looks) + len(s.Payloads) }

// Get implements protocols.StateReader.
func (s *badSector) Get(name string) (body, payload []byte, found bool, err error) {
	body, payload, found, _ = s.Peek.Get(name)
	body, found, err = s.spoil(body, found)
	return body, payload, found, err
}

// Body implements protocols.StateReader.
func (s *badSector) Body(name string) (body []byte, found bool, err error) {
	body, found, _ = s.Peek.Body(name)
	return s.spoil(body, found)
}

func (s *badSector) spoil(body []byte, found bool) ([]byte, bool, error) {
	switch {
	case s.looks() != s.at:
		return body, found, nil
	case s.err != nil:
		return nil, false, s.err
	case found:
		return []byte("junk"), true, nil
	}
	return nil, false, nil
}
