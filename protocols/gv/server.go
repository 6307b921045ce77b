package gv

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/gv/history"
	"github.com/powbench/powbench/protocols/wire"
)

// recordHistory is the record of a key's history.
const recordHistory = "history"

// recordValue is the record of a value, which is its payload. One value serves all registers: a number is that of one value.
func recordValue(num uint64) string { return fmt.Sprintf("value/%016x", num) }

// recordMarks is the record of the marks of a number, in all registers.
func recordMarks(num uint64) string { return fmt.Sprintf("marks/%016x", num) }

// server is the automaton of a server.
type server struct{ params }

// Handle implements protocols.Server.
func (s server) Handle(from protocols.Role, key protocols.Key, request protocols.Message, state protocols.StateReader) (
	protocols.Message, []protocols.Record, error,
) {
	if err := protocols.CheckKey(key); err != nil {
		return protocols.Message{}, nil, err
	}
	mayWrite := func(owner, num uint64) bool {
		return issuable(num) && (owner != history.Writer || from == protocols.Writer)
	}
	k := &keeper{params: s.params, state: state}
	switch m := request.Body.(type) {
	case *PreWrite:
		if mayWrite(m.Owner, m.Num) && m.Complete <= m.Num && protocols.CheckValue(request.Payload) == nil {
			return k.handle(func() (protocols.Message, error) { return k.preWrite(m, request.Payload) })
		}
	case *Write:
		if mayWrite(m.Owner, m.Num) && s.areMarks(m.Marks) && len(request.Payload) == 0 {
			return k.handle(func() (protocols.Message, error) { return k.write(m) })
		}
	case *Look:
		if m.Reader > 0 {
			return k.handle(func() (protocols.Message, error) { return k.look(m) })
		}
	case *Show:
		if m.Reader > 0 && m.Number < math.MaxUint64 && len(m.Want) <= maxWant+s.is.Servers {
			return k.handle(func() (protocols.Message, error) { return k.show(m) })
		}
	}
	return protocols.Refuse(request)
}

// keeper is one key at one server, while it handles a request.
type keeper struct {
	params
	state protocols.StateReader
	history.History
	records []protocols.Record // to store
}

// handle answers a request by answer, between loading the history and storing it if it has changed.
func (k *keeper) handle(answer func() (protocols.Message, error)) (protocols.Message, []protocols.Record, error) {
	if _, err := wire.ReadBody(k.state, recordHistory, &k.History); err != nil {
		return protocols.Message{}, nil, err
	}
	before, err := wire.Marshal(nil, &k.History)
	if err != nil {
		return protocols.Message{}, nil, err
	}
	reply, err := answer()
	if err != nil {
		return protocols.Message{}, nil, err
	}
	after, err := wire.Marshal(nil, &k.History)
	if err == nil && !bytes.Equal(before, after) {
		k.records = append(k.records, protocols.Record{Name: recordHistory, Body: after})
	}
	return reply, k.records, err
}

// preWrite stores the value. Of a reader it is the end of the READ, as far as others need to know of it.
func (k *keeper) preWrite(m *PreWrite, value []byte) (protocols.Message, error) {
	for _, num := range k.Learn(m.Complete, k.window) {
		k.remove(recordValue(num))
		if _, marked, err := k.state.Body(recordMarks(num)); err != nil {
			return protocols.Message{}, err
		} else if marked {
			k.remove(recordMarks(num))
		}
	}
	r := k.Of(m.Owner, k.readers)
	if r == nil {
		return protocols.Message{Body: &PreWritten{Full: true}}, nil
	}
	r.Reading = false
	if r.Early.To == m.Num {
		if err := k.written(r, m.Num, r.Early.Marks); err != nil {
			return protocols.Message{}, err
		}
		r.Early = Span{}
	}
	return protocols.Message{Body: &PreWritten{Reading: k.Reading(), Written: r.Has(m.Num)}}, k.keep(m.Num, value)
}

func (k *keeper) remove(name string) {
	k.records = append(k.records, protocols.Record{Name: name, Delete: true})
}

// written notes that the number is written into the register, with T. Of a number that is forgotten nobody asks for marks.
func (k *keeper) written(r *history.Register, num uint64, marks []Mark) error {
	marked := len(marks) > 0 && num > k.Horizon
	if !r.Write(num, marked) || !marked {
		return nil
	}
	ts, err := k.tsOf(num)
	if err != nil {
		return err
	}
	ts = slices.DeleteFunc(k.Marked(num, ts), func(t history.T) bool { return t.Owner == r.Owner })
	ts = append(ts, history.T{Owner: r.Owner, Marks: marks})
	k.records, err = wire.AddRecord(k.records, recordMarks(num), &ts, nil)
	return err
}

// tsOf are the T of a number.
func (k *keeper) tsOf(num uint64) (ts history.Ts, err error) {
	_, err = wire.ReadBody(k.state, recordMarks(num), &ts)
	return ts, err
}

// keep stores the value, unless it is there or forgotten.
func (k *keeper) keep(num uint64, value []byte) error {
	has, err := k.has(num)
	if err == nil && !has {
		k.records, err = wire.AddRecord(k.records, recordValue(num), &struct{}{}, value)
	}
	return err
}

// has reports whether the value is there, or no longer needed.
func (k *keeper) has(num uint64) (bool, error) {
	if num <= k.Horizon {
		return true, nil
	}
	_, found, err := k.state.Body(recordValue(num))
	return found, err
}

// write notes that a quorum has the value. If it has not come here, the note waits for it (U4).
func (k *keeper) write(m *Write) (protocols.Message, error) {
	r := k.Of(m.Owner, k.readers)
	if r == nil {
		return protocols.Message{Body: &Written{Full: true}}, nil
	}
	has, err := k.has(m.Num)
	switch {
	case err != nil:
		return protocols.Message{}, err
	case !has && m.Num > r.Early.To: // of WRITEs that were given up nobody waits for the reply
		r.Early = Span{From: m.Num, To: m.Num, Marks: m.Marks}
	case !has:
	case m.Num > k.Horizon:
		err = k.written(r, m.Num, m.Marks)
	}
	return protocols.Message{Body: &Written{Early: !has}}, err
}

// look tells all that is written, with the value of the highest number. It stores nothing.
func (k *keeper) look(m *Look) (reply protocols.Message, err error) {
	return k.tell(m.Reader, m.Number, 0, []uint64{k.Top()})
}

// show notes that the READ is in SHOW, and tells what is written from m.Least on, with the values that are wanted.
func (k *keeper) show(m *Show) (protocols.Message, error) {
	r := k.Of(m.Reader, k.readers)
	if r == nil {
		return protocols.Message{Body: &View{Full: true}}, nil
	}
	if r.Number <= m.Number {
		r.Number, r.Reading = m.Number+1, true
	}
	return k.tell(m.Reader, m.Number, m.Least, m.Want)
}

// tell tells the reader what is written from the number least on, with the values of the numbers that are there.
func (k *keeper) tell(reader, number, least uint64, nums []uint64) (reply protocols.Message, err error) {
	registers, err := k.Tell(reader, number, least, k.tsOf)
	if err != nil {
		return reply, err
	}
	v := &View{Registers: registers, Forgot: k.Forgot()}
	reply.Body = v
	for _, num := range nums {
		_, value, found, err := k.state.Get(recordValue(num))
		if err != nil {
			return reply, err
		}
		if found {
			v.Parts = append(v.Parts, Part{Num: num, Length: uint64(len(value))})
			if reply.Payload == nil { // one value is not copied
				reply.Payload = value
			} else {
				reply.Payload = append(reply.Payload[:len(reply.Payload):len(reply.Payload)], value...)
			}
		}
	}
	return reply, nil
}
