package command

import (
	"fmt"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/plots"
)

// loadAll reads and checks all files before anything starts.
func loadAll(files []string, quick bool) ([]*experiment.Experiment, error) {
	var all []*experiment.Experiment
	for _, f := range files {
		e, err := experiment.Load(f)
		if err == nil && quick {
			e, err = e.Quick()
		}
		if err == nil {
			err = canShow(e, f)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// canShow refuses an experiment of the file that its figure would refuse when all is measured.
func canShow(e *experiment.Experiment, file string) error {
	if err := plots.CanShow(e.Figure, e.Cells()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
