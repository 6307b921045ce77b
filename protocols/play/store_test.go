package play

import (
	"bytes"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// A store keeps copies; the later of two records with one name stays, and one that is to go goes.
func TestStore(t *testing.T) {
	s, data := Store{}, []byte("data")
	s.Put("k")
	s.Put("k", protocols.Record{Name: "a"}, protocols.Record{Name: "a", Body: data, Payload: data}, protocols.Record{Name: "b"})
	s.Put("k", protocols.Record{Name: "b", Delete: true}, protocols.Record{Name: "c", Payload: []byte{}})
	data[0] = 'X'
	if a := s["k"]["a"]; len(s["k"]) != 2 || string(a.Body) != "data" || string(a.Payload) != "data" {
		t.Errorf("the store holds %v", s["k"])
	}
	if s["k"]["c"].Payload != nil {
		t.Error("an empty payload is not like none")
	}
}

// What is lent is a copy, which is overwritten when it is taken back.
func TestLent(t *testing.T) {
	s := Store{}
	s.Put("k", protocols.Record{Name: "a", Body: []byte("body"), Payload: []byte("payload")})
	lent := s.Lend("k")
	request := []byte("request")
	body, payload, found, err := lent.Get("a")
	again, foundAgain, errAgain := lent.Body("a")
	mine := lent.Payload(request)
	if !found || !foundAgain || err != nil || errAgain != nil || string(body) != "body" || string(payload) != "payload" ||
		string(again) != "body" || string(mine) != "request" {
		t.Errorf("lent %q, %q and %q", body, payload, again)
	}
	if _, _, found, _ := lent.Get("b"); found {
		t.Error("a record that does not exist is found")
	}
	if _, found, _ := lent.Body("b"); found {
		t.Error("a record that does not exist is found")
	}
	lent.TakeBack()
	for _, b := range [][]byte{body, payload, again, mine} {
		if !bytes.Equal(b, bytes.Repeat([]byte{0xDB}, len(b))) {
			t.Errorf("%q is not overwritten", b)
		}
	}
	if a := s["k"]["a"]; string(a.Body) != "body" || string(a.Payload) != "payload" || string(request) != "request" {
		t.Errorf("the store holds %v, the request is %q", a, request)
	}
}
