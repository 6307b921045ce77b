// Package attacks holds what attackers forge in the register of [15], which must withstand all of it. It imports byzantine
// and gv; catalog alone imports it.
package attacks

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/gv"
)

// Playbook returns the register's. READs take four rounds under every attack; a fifth and sixth need the lie of the next number
// while that is written, which B0 has.
func Playbook() byzantine.Playbook {
	return byzantine.Playbook{
		Protocol: "gv",
		Expect:   map[string]byzantine.Expectation{"Z4": {None: true}}, // readers may not write into the writer's register
		Lies: map[string]byzantine.Lie{
			"B0":  byzantine.In[*gv.View](next),
			"B3":  byzantine.In[*gv.View](ahead),
			"B4":  byzantine.In[*gv.PreWritten](later),
			"B5":  byzantine.In[*gv.View](byzantine.Corrupted),
			"B10": byzantine.In[*gv.View](marked),
		},
	}
}

// claim is the reply with one more number in the writer's register, and the value it has for the highest number of all.
func claim(reply protocols.Message, num uint64, marks []gv.Mark) protocols.Message {
	v := *reply.Body.(*gv.View)
	v.Registers = slices.Clone(v.Registers)
	if len(v.Registers) == 0 || v.Registers[0].Owner != 0 {
		v.Registers = slices.Insert(v.Registers, 0, gv.Spans{})
	}
	v.Registers[0].Spans = append(slices.Clone(v.Registers[0].Spans), gv.Span{From: num, To: num, Marks: marks})
	value := append([]byte("what nobody wrote "), reply.Payload...)
	v.Parts = []gv.Part{{Num: num, Length: uint64(len(value))}}
	return protocols.Message{Body: &v, Payload: value}
}

// top is the highest number in the reply.
func top(reply protocols.Message) (num uint64) {
	for _, r := range reply.Body.(*gv.View).Registers {
		num = max(num, r.Spans[len(r.Spans)-1].To)
	}
	return num
}

// ahead tells of a value far ahead of all that was written (B3).
func ahead(p byzantine.Part, reply protocols.Message) protocols.Message {
	return claim(reply, top(reply)+1+uint64(p.Dice.Roll(byzantine.Ahead)), nil)
}

// next tells of the next values, before they are written, or instead of what they are (B0).
func next(p byzantine.Part, reply protocols.Message) protocols.Message {
	return claim(reply, top(reply)+1+uint64(p.Dice.Roll(2)), nil)
}

// later tells the writer of rounds that no READ has begun, so that what it writes is in conflict with this server (B4).
func later(p byzantine.Part, reply protocols.Message) protocols.Message {
	told := reply.Body.(*gv.PreWritten).Reading
	lie := make([]gv.Mark, 0, len(told))
	for reader := range uint64(1 + p.Dice.Roll(8)) {
		lie = append(lie, gv.Mark{Reader: 1 + reader, Number: 1 + uint64(p.Dice.Roll(byzantine.Ahead))})
	}
	return protocols.Message{Body: &gv.PreWritten{Reading: lie}}
}

// marked accuses another server in what it tells of the highest number (B10).
func marked(p byzantine.Part, reply protocols.Message) protocols.Message {
	v := *reply.Body.(*gv.View)
	v.Registers = slices.Clone(v.Registers)
	for i, r := range v.Registers {
		last := r.Spans[len(r.Spans)-1]
		if last.From < last.To || p.Dice.Roll(2) == 0 {
			continue
		}
		reader := uint64(1 + p.Dice.Roll(8))
		last.Marks = []gv.Mark{{Server: uint64(p.Dice.Roll(p.Servers())), Reader: reader, Number: 1 << 40}}
		v.Registers[i].Spans = append(slices.Clone(r.Spans[:len(r.Spans)-1]), last)
	}
	return protocols.Message{Body: &v, Payload: bytes.Clone(reply.Payload)}
}
