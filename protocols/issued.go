package protocols

// SingleWriter is what a protocol implements, besides Protocol, if each of its registers has one writer only. Whoever
// runs it sees to that: a key is written by one client, or by the successors of one that died, which know what it
// issued.
type SingleWriter interface {
	SingleWriter()
}

// IsSingleWriter reports whether each register of the protocol has one writer only.
func IsSingleWriter(p Protocol) bool {
	_, single := p.(SingleWriter)
	return single
}

// Issued is where a single writer keeps the numbers of the timestamps that it issued: no server tells it, and to issue
// one twice loses a write. It has to outlive the writer, if a successor shall go on.
type Issued interface {
	// Last is the last number that was kept for the key, or 0.
	Last(key Key) (uint64, error)
	// Keep makes num durable before it returns.
	Keep(key Key, num uint64) error
}

// Remembered is Issued in memory: it lasts as long as its process. It is not safe for concurrent use.
type Remembered map[Key]uint64

// Last implements Issued.
func (r Remembered) Last(key Key) (uint64, error) { return r[key], nil }

// Keep implements Issued.
func (r Remembered) Keep(key Key, num uint64) error {
	r[key] = num
	return nil
}
