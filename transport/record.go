package transport

import "encoding/binary"

// A record of TLS 1.3 (RFC 8446, section 5) carries up to recordRoom bytes, behind a header of recordHeader; with them are
// sealed the byte that tells their type, and the tag of AES-GCM or ChaCha20-Poly1305.
const (
	recordRoom     = 1 << 14
	recordHeader   = 5
	recordSeal     = 1 + 16
	recordOverhead = recordHeader + recordSeal
	maxRecordBytes = recordRoom + recordOverhead
)

// sealedBytes is what TLS makes of a frame's two parts, each of which begins a record: the first one with the prefix.
func sealedBytes(frame, payload int) int {
	records := (frame+recordRoom-1)/recordRoom + (payload+recordRoom-1)/recordRoom
	return frame + payload + records*recordOverhead
}

// records follows the records that come over a connection, so that a reader can tell how much there is to wait for.
type records struct {
	header [recordHeader]byte // of the record that is coming
	have   int                // bytes of header
	length int                // of the record behind its header
	rest   int                // of it that is still to come
}

// pass notes what has come.
func (r *records) pass(p []byte) {
	for len(p) > 0 {
		if r.rest > 0 {
			n := min(r.rest, len(p))
			r.rest, p = r.rest-n, p[n:]
			continue
		}
		n := copy(r.header[r.have:], p)
		r.have, p = r.have+n, p[n:]
		if r.have == recordHeader {
			r.length = int(binary.BigEndian.Uint16(r.header[recordHeader-2:]))
			r.rest, r.have = r.length, 0
		}
	}
}

// sure is how many bytes are sure to come if so many bytes of frames are, of which TLS has none. It is rounded down to a power of
// two, as telling the kernel of another number takes a system call; and to 1 if so few are that they come at once.
func (r *records) sure(wanted int) int {
	n := wanted
	if r.rest > 0 {
		n = r.rest + max(0, wanted-max(0, r.length-recordSeal))
	}
	for mark := enough; mark > readBufferBytes/8; mark /= 2 {
		if n >= mark {
			return mark
		}
	}
	return 1
}
