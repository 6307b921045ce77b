//go:build !race

package storage

// poison tells whether slabs are overwritten when their last holder releases them: in builds with the race detector.
const poison = false
