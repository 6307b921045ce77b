//go:build race

package transport

// poison is as in poison.go.
var poison = true
