package sink

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/tables"
)

// Spectra is the folder, which must be there, that the latencies behind tables are written into: for each measurement the
// percentile spectrum of all its valid repetitions together, in ms, as HdrHistogram's tools write and plot it.
type Spectra struct {
	noFigures
	Dir   string
	Files []string // that were written
}

// Of a spectrum: its lines for each halving of the distance to 100 %, and what ns are divided by.
const (
	spectrumTicks = 5
	nsPerMs       = 1e6
)

// Table implements Sink.
func (s *Spectra) Table(t tables.Table) error {
	for _, c := range t.Cells {
		if len(c.Valid) == 0 {
			continue
		}
		h, err := c.Latencies()
		if err != nil {
			return err
		}
		file := filepath.Join(s.Dir, fileName(c)+".hgrm")
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		if _, err = h.PercentilesPrint(f, spectrumTicks, nsPerMs); err != nil {
			f.Close()
			return fmt.Errorf("write %s: %w", file, err)
		}
		if err := f.Close(); err != nil {
			return err
		}
		s.Files = append(s.Files, file)
	}
	return nil
}

// fileName is the measurement's, such as fig2a-mabd-read-t1-256KiB-c8.
func fileName(c frame.Cell) string {
	name := c.Valid[0].Experiment
	if c.Figure != "" {
		name = "fig" + c.Figure
	}
	name += fmt.Sprintf("-%v-c%d", c.Series, c.Clients)
	if frame.IsOpen(c) {
		name += fmt.Sprintf("-%s-%g", c.Arrival, c.Rate)
	}
	if c.Ignores() {
		name += "-" + c.Owed
	}
	if c.Alternates() {
		name += "-" + c.Record
	}
	return strings.ReplaceAll(name, "/", "-")
}
