package storage

// Pebble takes its memtables from malloc, in builds with cgo. GNU's malloc gives threads heaps of their own: whichever thread makes
// a memtable then takes new memory for it, though heaps of others have enough that is free, and the kernel clears its pages. On busy
// processors a server of 80 MiB took 300 after minutes of WRITEs. With one heap for all threads, memtables take the memory of those
// before them, and a store takes in a third more. Without cgo, memtables are in Go's heap, which the server bounds.

/*
#include <malloc.h>

// It comes before the process has a second thread: later, malloc no longer asks how many heaps there may be. Blocks that are larger are
// the system's again when they are free, as is what goes beyond kept at the end of the heap. See mallopt(3).
__attribute__((constructor)) static void share(void) {
#ifdef M_ARENA_MAX // GNU's
	const int block = 32 << 20, kept = 64 << 20; // bytes; memtables have 8 MiB
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, block);
	mallopt(M_TRIM_THRESHOLD, kept);
#endif
}
*/
import "C"
