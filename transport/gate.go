package transport

import (
	"cmp"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/protocols"
)

const (
	spareFiles = 64          // that the process keeps open beside connections and its database's tables
	leastRoom  = 16          // connections, if the process may open very few files
	idleAfter  = time.Second // a request that has been on its way for so long keeps no place for its connection
)

// connectionRoom is how many connections the process may have, so that its database can always open files: a quarter of
// what the process may open is the database's.
func connectionRoom() int {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return maxConnections
	}
	most := int(min(files.Cur, 1<<20))
	return max(leastRoom, min(maxConnections, most-most/4-spareFiles))
}

// A gate bounds the connections of a server. When all places are taken, a new connection gets that of one that does nothing:
// of a reader, or of somebody who has not said who it is, at the address that has most of them, the one that has done nothing
// for longest. Writers keep theirs.
type gate struct {
	mu     sync.Mutex
	room   int
	guests map[*guest]struct{}
	outs   uint64 // connections that had to make room
}

// A guest is a connection as the gate knows it.
type guest struct {
	host    string
	conn    net.Conn
	role    atomic.Int64 // a protocols.Role; 0 until the handshake is done
	working atomic.Int64 // requests that have begun to arrive and are not answered
	since   atomic.Int64 // when that last changed, in ns since 1970
}

func newGate(room int) *gate { return &gate{room: room, guests: map[*guest]struct{}{}} }

// enter gives a connection a place. Without one, in is nil; else out is in whose place it comes, if in anybody's.
func (g *gate) enter(conn net.Conn) (in, out *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.guests) >= g.room {
		if out = g.idlest(time.Now()); out == nil {
			return nil, nil
		}
		delete(g.guests, out)
		g.outs++
	}
	in = &guest{host: hostOf(conn), conn: conn}
	in.works(0)
	g.guests[in] = struct{}{}
	return in, out
}

func (g *gate) leave(of *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.guests, of)
}

// idlest is who must make room for another; nil for nobody.
func (g *gate) idlest(now time.Time) *guest {
	by := map[string]int{}
	var idle []*guest
	for x := range g.guests {
		by[x.host]++
		if x.idle(now) {
			idle = append(idle, x)
		}
	}
	if len(idle) == 0 {
		return nil
	}
	return slices.MinFunc(idle, func(a, b *guest) int {
		return cmp.Or(cmp.Compare(by[b.host], by[a.host]), cmp.Compare(a.since.Load(), b.since.Load()))
	})
}

// count is how many connections of the role there are; role 0 is of those whose handshake is not done.
func (g *gate) count(role protocols.Role) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for x := range g.guests {
		if x.role.Load() == int64(role) {
			n++
		}
	}
	return n
}

// idle tells whether it does nothing and may be asked to make room.
func (x *guest) idle(now time.Time) bool {
	role := protocols.Role(x.role.Load())
	if role != 0 && role != protocols.Reader {
		return false
	}
	return x.working.Load() == 0 || now.Sub(time.Unix(0, x.since.Load())) > idleAfter
}

// works notes that a request has begun, or is over.
func (x *guest) works(change int64) {
	x.working.Add(change)
	x.since.Store(time.Now().UnixNano())
}

// is notes who it is.
func (x *guest) is(role protocols.Role) { x.role.Store(int64(role)) }

// moved is how many bytes its connection has moved.
func (x *guest) moved() uint64 { return moved(x.conn) }

func hostOf(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return conn.RemoteAddr().String()
	}
	return host
}
