package frame

import (
	"cmp"

	"github.com/powbench/powbench/harness/result"
)

// KeyModel is how the clients of a point draw keys.
func KeyModel(p result.Point) string { return cmp.Or(p.KeyModel, result.Uniform) }
