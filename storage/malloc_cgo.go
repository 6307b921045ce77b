//go:build cgo

package storage

/*
#include <malloc.h>

// returns has what is allocated from so many bytes on go back to the system when it is freed.
static void returns(int bytes) {
#ifdef M_MMAP_THRESHOLD // GNU's
	mallopt(M_MMAP_THRESHOLD, bytes);
#endif
}
*/
import "C"

import "sync"

// returned is the size from which memory goes back to the system: that of memtables, not of what the cache keeps.
const returned = 1 << 20

// boundMalloc keeps Pebble's memory as small as what Pebble uses of it. With cgo, Pebble takes its memtables from malloc. Once GNU's
// malloc has seen a large block freed, it takes later ones from heaps of its threads, and smaller blocks that stay keep the room
// of freed ones from the system: a server of 80 MiB took 300 after minutes of WRITEs. See mallopt(3), M_MMAP_THRESHOLD.
var boundMalloc = sync.OnceFunc(func() { C.returns(returned) })
