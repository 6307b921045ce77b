package workloads

import (
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// Derive returns a seed for the stream that the parts name, such as Derive(seed, "keys", client). Streams of different
// names are independent of each other. Parts are numbers and strings; what counts is how they print, so that
// 1 and "1" are the same part, but ("a", "bc") and ("ab", "c") are not the same parts.
func Derive(seed uint64, parts ...any) uint64 {
	h := xxhash.New()
	fmt.Fprint(h, seed)
	for _, part := range parts {
		fmt.Fprintf(h, " %q", fmt.Sprint(part))
	}
	return h.Sum64()
}
