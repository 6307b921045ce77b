//go:build race

package storage

// poison is as in poison.go.
const poison = true
