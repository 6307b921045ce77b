package agent

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
)

// What an agent's process answers: first StartCall, then the others.
const (
	StartCall     control.Method[Config, control.Nothing]          = "start" // connects to the servers
	EachCall      control.Method[EachSpec, Tally]                  = "each"
	LoadCall      control.Method[Spec, Tally]                      = "load"
	EndedCall     control.Method[control.Nothing, int64]           = "ended"     // beside a load, like CloseCall
	CloseCall     control.Method[int64, control.Nothing]           = "close"     // see Agent.CloseWindow
	ArrearsCall   control.Method[control.Nothing, int64]           = "arrears"   // bytes, see Agent.Arrears
	AssaultCall   control.Method[Spec, int64]                      = "assault"   // by hostile clients; returns how often they attacked
	InterruptCall control.Method[InterruptSpec, Tally]             = "interrupt" // see Agent.Interrupt
	HistoryCall   control.Method[int, []history.Entry]             = "history"   // see Agent.History
	CrowdCall     control.Method[CrowdSpec, int]                   = "crowd"     // see Agent.Crowd
	ForgetCall    control.Method[control.Nothing, control.Nothing] = "forget"    // see Agent.Forget
	StepCall      control.Method[int64, control.Nothing]           = "step"      // sets the process's clock forward or back, by ns
	JournalCall   control.Method[string, []history.Entry]          = "journal"   // see ReadJournal
)

// Serve is an agent's process: it does what its coordinator asks for by in and out, until in ends or ctx does. It
// serves metrics at that address, or none if it is empty, unless its configuration names another.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, metrics string, log *slog.Logger) {
	start := func(ctx context.Context, cfg Config) (none control.Nothing, _ []control.Handler, _ error) {
		cfg.Metrics = cmp.Or(cfg.Metrics, metrics)
		a, err := Start(ctx, cfg, log)
		if err != nil {
			return none, nil, err
		}
		return none, []control.Handler{
			control.Handle(EachCall, a.Each), control.Handle(LoadCall, a.Load),
			control.Handle(EndedCall, a.Ended), control.Handle(CloseCall, a.CloseWindow),
			control.Handle(control.Counted, a.Counted), control.Handle(ArrearsCall, a.Arrears),
			control.Handle(AssaultCall, a.Assault), control.Handle(HistoryCall, a.History),
			control.Handle(InterruptCall, a.Interrupt), control.Handle(ForgetCall, a.Forget),
			control.Handle(CrowdCall, a.Crowd),
			control.Handle(StepCall, func(_ context.Context, ns int64) (none control.Nothing, _ error) {
				clock.Step(time.Duration(ns))
				return none, nil
			}),
			control.Handle(JournalCall, func(_ context.Context, path string) ([]history.Entry, error) { return ReadJournal(path) }),
		}, nil
	}
	control.Serve(ctx, in, out, control.HandleOnce(StartCall, start))
}
