package loft

import (
	"encoding/binary"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// A proof shows servers that others have prepared a version: it is the rows that came from the servers themselves, nil
// where there is none. No client can check it.
type proof [][][]byte

// rows is the number of rows.
func (p proof) rows() (n int) {
	for _, row := range p {
		if row != nil {
			n++
		}
	}
	return n
}

// column is the MACs that are for the server, by the server that made them.
func (p proof) column(server int) [][]byte {
	macs := make([][]byte, len(p))
	for i, row := range p {
		if row != nil {
			macs[i] = row[server]
		}
	}
	return macs
}

// commits are the requests to commit the version, to the servers that the proof is still to convince.
func (p proof) commits(t Time, convinced func(server int) bool) protocols.Broadcast {
	b := make(protocols.Broadcast, len(p))
	for server := range b {
		if !convinced(server) {
			b[server].Body = &Commit{Time: t, MACs: p.column(server)}
		}
	}
	return b
}

// vouchers make and check the MACs of server index, under the keys that it shares with each server.
type vouchers struct {
	index int
	pairs []suite.MAC
}

// row vouches to each server that this one holds its fragment of the version, or has committed a later one.
func (v vouchers) row(key protocols.Key, t Time) [][]byte {
	row := make([][]byte, len(v.pairs))
	for i, mac := range v.pairs {
		row[i] = mac.Sum(vouched(key, t, v.index)...)
	}
	return row
}

// valid counts the MACs with which other servers vouch to this one for the version.
func (v vouchers) valid(key protocols.Key, t Time, macs [][]byte) (n int) {
	for i, mac := range macs {
		if len(mac) > 0 && v.pairs[i].Verify(mac, vouched(key, t, i)...) {
			n++
		}
	}
	return n
}

// vouched is what a MAC covers. It has who made it, because the two servers of a pair have the same key: else one's MACs
// would pass for the other's.
func vouched(key protocols.Key, t Time, maker int) [][]byte {
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	return [][]byte{
		[]byte("prepared"), []byte(key), number(t.TS.Num), number(t.TS.PID), t.Verifier, number(uint64(maker)),
	}
}
