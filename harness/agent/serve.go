package agent

import (
	"context"
	"io"
	"log/slog"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
)

// What an agent's process answers: all but StartCall and JournalCall need a start.
const (
	StartCall    control.Method[Config, control.Nothing] = "start" // connects to the servers
	PreloadCall  control.Method[PreloadSpec, Failures]   = "preload"
	ReadBackCall control.Method[ReadBackSpec, Failures]  = "readback"
	LoadCall     control.Method[LoadSpec, LoadReport]    = "load"
	MixedCall    control.Method[MixedSpec, MixedReport]  = "mixed"
	AssaultCall  control.Method[MixedSpec, int64]        = "assault" // by hostile clients; returns how often they attacked
	HistoryCall  control.Method[int, []history.Entry]    = "history" // see Agent.History
	JournalCall  control.Method[string, []history.Entry] = "journal" // see ReadJournal
)

// Serve is an agent's process: it does what its coordinator asks for by in and out, until in ends or ctx does.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, log *slog.Logger) {
	var a control.Slot[Agent]
	start := func(ctx context.Context, cfg Config) (none control.Nothing, _ error) {
		_, err := a.Start(func() (*Agent, error) { return Start(ctx, cfg, log) })
		return none, err
	}
	control.Serve(ctx, in, out, control.Handle(StartCall, start),
		control.HandleBy(&a, PreloadCall, (*Agent).Preload), control.HandleBy(&a, ReadBackCall, (*Agent).ReadBack),
		control.HandleBy(&a, LoadCall, (*Agent).Load), control.HandleBy(&a, MixedCall, (*Agent).Mixed),
		control.HandleBy(&a, AssaultCall, (*Agent).Assault), control.HandleBy(&a, HistoryCall, (*Agent).History),
		control.Handle(JournalCall, func(_ context.Context, path string) ([]history.Entry, error) { return ReadJournal(path) }))
}
