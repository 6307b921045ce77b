//go:build !race

package transport

// poison tells whether buffers are overwritten when they go back to the pool: in builds with the race detector and in
// this package's tests.
var poison = false
