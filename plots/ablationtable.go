package plots

import "strconv"

// splitTable says what each cause of M-PoWerStore's gain over Phalanx is worth: the ratio of each of causes to the one
// before, where both were measured in the same run.
func splitTable(cells []Cell) (t Table, found bool) {
	t = Table{
		Title:  "What M-PoWerStore's gain over Phalanx is made of",
		Header: []string{"op", "t", "value", "from", "to", "by", "pairs", "peak throughput ×", "network model ×", "latency of one client ×"},
		Notes: []string{"Each row divides the second system's by the first's: geometric means of the ratio in each " +
			"repetition, with 95 % confidence intervals. A latency below 1 is a gain."},
	}
	cells = keep(cells, func(c Cell) bool { return c.Figure == ablationFigure })
	peaks := Peaks(cells)
	for _, first := range peaks {
		if first.system() != causes[0] {
			continue
		}
		for i, cause := range causes[1:] {
			over, under := first.Key, first.Key
			over.Protocol, over.Variant = cause.protocol, cause.variant
			under.Protocol, under.Variant = causes[i].protocol, causes[i].variant
			peak := NewRatio(peakOf(peaks, over), peakOf(peaks, under))
			if peak.N == 0 {
				continue
			}
			over.Clients, under.Clients = 1, 1
			latency := ratioOf(exactCell(cells, over), exactCell(cells, under), latencyMean)
			t.Rows = append(t.Rows, []string{
				opName(first.Op), strconv.Itoa(first.T), sizeName(first.ValueBytes), causes[i].name(), cause.name(), steps[i+1],
				strconv.Itoa(peak.N), peak.String(), orMissing(peak.Model), latency.String(),
			})
		}
	}
	return t, len(t.Rows) > 0
}

// peakOf is the peak of the measurement k, whatever its number of clients.
func peakOf(peaks []Cell, k Key) Cell {
	return find(peaks, func(c Cell) bool { k.Clients = c.Clients; return c.Key == k })
}

func exactCell(cells []Cell, k Key) Cell { return find(cells, func(c Cell) bool { return c.Key == k }) }
