package agent

import "errors"

// OpenReport is what only an open loop has.
type OpenReport struct {
	Arrivals int64 // operations due in the window
	// BacklogBegin and BacklogEnd count operations that were due but had not begun when the window began and ended.
	BacklogBegin, BacklogEnd int64
	// Service is what the window's operations took from their start to their end; Slip is by how much they started late
	// although a client was idle and no server lagged.
	Service, Slip Timing
}

// openTally counts one client's operations of an open loop.
type openTally struct {
	spec                     LoadSpec
	arrivals                 int64
	backlogBegin, backlogEnd int64
	service, slip            timing
}

func newOpenTally(spec LoadSpec) *openTally {
	return &openTally{spec: spec, service: newTiming(), slip: newTiming()}
}

// arrived counts an operation that was due, whatever became of it, and that started then.
func (t *openTally) arrived(due, start int64) {
	if t.spec.inWindow(due) {
		t.arrivals++
	}
	if due < t.spec.WarmupEndNs && start >= t.spec.WarmupEndNs {
		t.backlogBegin++
	}
	if due < t.spec.MeasureEndNs && start >= t.spec.MeasureEndNs {
		t.backlogEnd++
	}
}

// neverBegan counts an operation that was due in the load but waited until it ended.
func (t *openTally) neverBegan(due int64) { t.arrived(due, t.spec.MeasureEndNs) }

// ended counts an operation that ended well in the window.
func (t *openTally) ended(done completed) {
	t.service.add(done.end - done.start)
	t.slip.add(done.slip)
}

func (t *openTally) merge(o *openTally) {
	t.arrivals += o.arrivals
	t.backlogBegin += o.backlogBegin
	t.backlogEnd += o.backlogEnd
	t.service.merge(o.service)
	t.slip.merge(o.slip)
}

func (t *openTally) report() (*OpenReport, error) {
	service, err := t.service.report()
	slip, slipErr := t.slip.report()
	return &OpenReport{
		Arrivals: t.arrivals, BacklogBegin: t.backlogBegin, BacklogEnd: t.backlogEnd, Service: service, Slip: slip,
	}, errors.Join(err, slipErr)
}
