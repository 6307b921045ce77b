package catalog

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

func TestConform(t *testing.T) {
	for _, p := range slices.Concat(All(), Variants(), Nulls()) {
		t.Run(protocols.NameOf(p), func(t *testing.T) {
			t.Parallel()
			prototest.Conform(t, p)
		})
	}
}
