package phalanx

import (
	"encoding/binary"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// signed is the message that a signature covers: key ‖ ts ‖ H(v), with the key's length before it. All else is of fixed
// width, so that no two data have the same message, and a datum of one key is worth nothing under another.
func signed(key protocols.Key, ts protocols.Timestamp, hash []byte) []byte {
	m := []byte("phalanx")
	m = binary.BigEndian.AppendUint64(m, uint64(len(key)))
	m = append(m, key...)
	m = binary.BigEndian.AppendUint64(m, ts.Num)
	m = binary.BigEndian.AppendUint64(m, ts.PID)
	return append(m, hash...)
}

// verifies reports whether a writer signed the datum for the key.
func (d Datum) verifies(key protocols.Key, v suite.Verifier) bool {
	return v.Verify(signed(key, d.TS, d.Hash), d.Signature)
}

// equal reports whether the data are the same in every part.
func (d Datum) equal(o Datum) bool {
	return d.TS.Equal(o.TS) && slices.Equal(d.Hash, o.Hash) && slices.Equal(d.Signature, o.Signature)
}

// A claim is a server's reply: a datum, true or not, and for a READ its value.
type claim struct {
	Datum
	value  []byte
	server int // whose reply, where that matters
}

// claim returns the claim of the server that sent the reply with the value.
func (ack *GetAck) claim(value []byte) claim {
	return claim{Datum: Datum{TS: ack.TS, Signature: ack.Signature}, value: value}
}

// put is the write-back of the claim, which verified.
func (c claim) put() protocols.Message {
	return protocols.Message{Body: &Put{TS: c.TS, Signature: c.Signature}, Payload: c.value}
}

// result is the result of a READ that found the claim.
func (c claim) result() protocols.Result { return protocols.Found(c.TS, c.value) }

// unanimous reports whether all claims, of a quorum, have the same timestamp. If it verifies, t+1 correct servers have
// its value, as after a write-back.
func unanimous(claims []claim) bool {
	return !slices.ContainsFunc(claims, func(c claim) bool { return !c.TS.Equal(claims[0].TS) })
}

// highest is the claim with the highest timestamp that verifies, or the zero claim, which stands for ⊥. It tries them
// from the highest down, so that with honest servers it verifies one signature, and never the same claim twice.
// Claims not above floor are of no interest.
func (r *register) highest(key protocols.Key, claims []claim, floor protocols.Timestamp) claim {
	slices.SortStableFunc(claims, func(a, b claim) int { return b.TS.Compare(a.TS) })
	var failed []Datum
	for _, c := range claims {
		if !floor.Less(c.TS) {
			break
		}
		if c.Hash == nil { // a READ's: the value itself came
			c.Hash = r.suite.Hash(c.value)
		}
		if slices.ContainsFunc(failed, c.equal) {
			continue
		}
		if c.verifies(key, r.verifier) {
			return c
		}
		failed = append(failed, c.Datum)
	}
	return claim{}
}

// possible reports whether a correct server can hold the datum: ts0 comes with nothing, any other timestamp was issued
// by a writer and signed.
func possible(ts protocols.Timestamp, signature []byte) bool {
	if ts.IsZero() {
		return len(signature) == 0
	}
	return ts.Num > 0 && ts.PID > 0 && len(signature) > 0
}

// wellFormed reports whether the datum can be a correct server's answer to GET_TS.
func (r *register) wellFormed(d Datum) bool {
	hashed := len(d.Hash) == r.suite.HashSize() || d.TS.IsZero() && len(d.Hash) == 0
	return hashed && possible(d.TS, d.Signature)
}

// wellFormed reports whether it can be a correct server's answer to GET, with the value.
func (ack *GetAck) wellFormed(value []byte) bool {
	if ack.TS.IsZero() && len(value) > 0 {
		return false
	}
	return possible(ack.TS, ack.Signature) && len(value) <= protocols.MaxValueBytes
}
