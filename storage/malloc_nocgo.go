//go:build !cgo

package storage

// boundMalloc has nothing to do: without cgo, Pebble's memory is in Go's heap, which the server bounds.
func boundMalloc() {}
