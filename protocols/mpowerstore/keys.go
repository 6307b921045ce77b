package mpowerstore

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/suite"
)

// keyring is what a writer authenticates with: k_W, shared by the writers, and the group key k_i of each server.
type keyring struct {
	writers suite.MAC
	groups  []suite.MAC
}

// newKeyring derives k_W from all group keys (the paper, §5.2), so that t servers together cannot know it.
func newKeyring(s suite.Suite, groups [][]byte) (*keyring, error) {
	kw, err := hkdf.Key(sha256.New, slices.Concat(groups...), nil, "kW", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the writers' key: %w", err)
	}
	k := &keyring{writers: s.MAC(kw)}
	for _, group := range groups {
		k.groups = append(k.groups, s.MAC(group))
	}
	return k, nil
}

// issue is the timestamp with its MAC (Algorithm 4, line 96).
func (k *keyring) issue(key protocols.Key, ts protocols.Timestamp) TS {
	return TS{Timestamp: ts, MAC: k.writers.Sum(timestampParts(key, ts)...)}
}

// verify reports whether a writer issued the timestamp for the key (line 100).
func (k *keyring) verify(key protocols.Key, ts TS) bool {
	return k.writers.Verify(ts.MAC, timestampParts(key, ts.Timestamp)...)
}

// vector authenticates the timestamp and N̄ to each server (line 88).
func (k *keyring) vector(key protocols.Key, ts TS, commitment []byte) [][]byte {
	parts := candidateParts(key, ts, commitment)
	vec := make([][]byte, len(k.groups))
	for i, group := range k.groups {
		vec[i] = group.Sum(parts...)
	}
	return vec
}

// timestampParts is what k_W authenticates. The label keeps the two uses of MACs apart and the key keeps registers
// apart (D3).
func timestampParts(key protocols.Key, ts protocols.Timestamp) [][]byte {
	return [][]byte{[]byte("ts"), []byte(key), uint64Bytes(ts.Num), uint64Bytes(ts.PID)}
}

// candidateParts is what k_i authenticates: N̄ together with the timestamp's MAC (D2) and the key (D3).
func candidateParts(key protocols.Key, ts TS, commitment []byte) [][]byte {
	return [][]byte{[]byte("cand"), []byte(key), uint64Bytes(ts.Num), uint64Bytes(ts.PID), ts.MAC, commitment}
}

func uint64Bytes(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
