package plots

import (
	"fmt"
	"strconv"
)

// faultFreeTable is a row for each measurement.
func faultFreeTable(cells []counted) Table {
	t := Table{
		Title: "Table 3: rounds, messages and bytes without faults",
		Header: []string{
			"protocol", "op", "t", "value", "runs", "operations", "model", "measured", "messages c→s", "messages s→c",
			"bytes c→s", "bytes s→c", "deviation", "verdict",
		},
		Notes: []string{fmt.Sprintf("Per operation, in brackets what the model says: every round asks all servers and all answer; bytes, framing "+
			"included, in multiples of the value's size. Deviation: of the bytes, c→s / s→c, in percent of the model's or of one "+
			"value, if that is more. Equal: the same rounds in every operation, the same messages, and bytes within %.0f %%.",
			100*bytesTolerance)},
	}
	for _, c := range cells {
		t.Rows = append(t.Rows, countedRow(c))
	}
	return t
}

func countedRow(c counted) []string {
	what := []string{
		c.system().name(), opName(c.Op), strconv.Itoa(c.T), sizeName(c.ValueBytes),
		fmt.Sprintf("%d/%d", len(c.runs), len(c.All())),
	}
	if len(c.runs) == 0 {
		return append(what, missing, missing, missing, missing, missing, missing, missing, missing, c.verdict())
	}
	var ops int64
	for _, p := range c.runs {
		ops += p.LoadOps
	}
	model, messages, bytes := c.runs[0], c.messages(), c.bytes()
	up, down := c.deviations()
	beside := func(measured, model float64) string {
		return strconv.FormatFloat(measured, 'g', 6, 64) + " (" + strconv.FormatFloat(model, 'g', 6, 64) + ")"
	}
	return append(what, strconv.FormatInt(ops, 10), model.ModelRounds.String(), roundsName(c.rounds()),
		beside(messages.ClientToServer, sent(model)), beside(messages.ServerToClient, sent(model)),
		fmt.Sprintf("%.3f (%.3f)", bytes.ClientToServer, model.CostFactor.ClientToServer),
		fmt.Sprintf("%.3f (%.3f)", bytes.ServerToClient, model.CostFactor.ServerToClient),
		fmt.Sprintf("%+.2f / %+.2f %%", 100*up, 100*down), c.verdict())
}
