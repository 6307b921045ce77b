package protocols

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
