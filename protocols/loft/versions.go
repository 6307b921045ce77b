package loft

import (
	"slices"

	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/fingerprint"
)

// version is what the READ knows of a version.
type version struct {
	time      Time
	checksum  fingerprint.Checksum
	fragments [][]byte // by server: consistent ones, t+1 at most
	count     int      // of fragments
	proof     proof
	value     []byte // once it is restored

	// What was tried, each with more than the time before: READ of this version, with how many servers that assert it;
	// COMMIT and PREPARE, with how many rows.
	asked, offered, shown int
}

// version is the version of that time; a new one if nothing was known of it.
func (r *read) version(t Time) *version {
	for _, v := range r.versions {
		if v.time.Equal(t) {
			return v
		}
	}
	v := &version{time: t, fragments: make([][]byte, r.is.Servers), proof: make(proof, r.is.Servers)}
	r.versions = append(r.versions, v)
	return v
}

// versionsOf is the versions that servers told, the latest first, without ⊥.
func versionsOf(told []*Time) (all []Time) {
	for _, t := range told {
		if t != nil && !t.TS.IsZero() {
			all = append(all, *t)
		}
	}
	slices.SortFunc(all, func(a, b Time) int { return b.Compare(a) })
	return slices.CompactFunc(all, Time.Equal)
}

// restorable reports whether the fragments restore the version.
func (r *read) restorable(v *version) bool { return v.count >= dispersal.Data(r.t) }

// decode restores the version's value, unless it has been.
func (r *read) decode(v *version) {
	if v.value == nil {
		v.value, r.err = dispersal.Decode(v.checksum.CC, v.fragments, r.t, r.mem)
	}
}
