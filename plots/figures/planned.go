package figures

import (
	"fmt"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// CanShow refuses what is planned for the figure of that name if it cannot show it all. All refuses that too, but only when it
// has been measured.
func CanShow(name string, planned []result.Cell) error {
	for _, f := range figures {
		if f.name != name || f.only != nil { // which cells those are is known by their runs alone
			continue
		}
		for _, sheet := range f.sheets(frame.Keep(frame.Planned(name, planned), f.shows)) {
			if err := frame.Together(f.fixed, sheet); err != nil {
				return fmt.Errorf("figure %s %w: make an experiment of each, or leave out figure", f.name, err)
			}
		}
	}
	return nil
}

// shows reports whether the cell is one of the figure's.
func (f figure) shows(c frame.Cell) bool { return c.Figure == f.name && (f.open || frame.IsClosed(c)) }
