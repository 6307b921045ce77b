package plots

import (
	"errors"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

func TestCompareRefusesSetsWithoutPoints(t *testing.T) {
	full, empty := syntheticFigure("2b", 2), synthetic("fig2b")
	for _, pair := range [][2]*result.Set{{full, empty}, {empty, full}} {
		if _, err := Compare(pair[0], pair[1]); !errors.Is(err, frame.ErrNoPoints) {
			t.Errorf("got %v", err)
		}
	}
}
