package protocols

import "fmt"

// A Durability says what a server's records have survived when the reply leaves.
type Durability string

// The durabilities, from strongest to weakest.
const (
	// Fsync: the record is on the disk and survives a power failure.
	Fsync Durability = "fsync"
	// Unsynced: the record has reached the operating system and survives a kill of the process, but no power failure.
	Unsynced Durability = "write"
	// Volatile: the record is gone with the process.
	Volatile Durability = "memory"
)

// Check says which durabilities there are, if d is none of them.
func (d Durability) Check() error {
	switch d {
	case Fsync, Unsynced, Volatile:
		return nil
	}
	return fmt.Errorf("unknown durability %q: use %q, %q or %q", d, Fsync, Unsynced, Volatile)
}
