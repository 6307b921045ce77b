package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/rpc"
	"net/rpc/jsonrpc"
	"runtime"
	"runtime/metrics"
	"sync"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// A Handler answers one method. It may give way to others once it has answered well.
type Handler struct {
	method string
	answer func(context.Context, json.RawMessage) (report any, then []Handler, err error)
}

// Handle returns the handler that answers the method by do, which may run several times at once.
func Handle[Spec, Report any](m Method[Spec, Report], do func(context.Context, Spec) (Report, error)) Handler {
	return HandleOnce(m, func(ctx context.Context, spec Spec) (report Report, _ []Handler, err error) {
		report, err = do(ctx, spec)
		return report, nil, err
	})
}

// HandleOnce returns the handler that answers the method by do until that succeeds and returns others: those take its
// place. So a process answers what needs a start only after the start, and is started once.
func HandleOnce[Spec, Report any](m Method[Spec, Report],
	do func(context.Context, Spec) (Report, []Handler, error),
) Handler {
	return Handler{string(m), func(ctx context.Context, data json.RawMessage) (any, []Handler, error) {
		var spec Spec
		if err := json.Unmarshal(data, &spec); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", m, err)
		}
		return do(ctx, spec)
	}}
}

// Serve answers the methods, Usage and those of profiles on a process's standard input and output until the input ends or ctx does, which
// also ends what is being answered.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, handlers ...Handler) {
	_ = ServeUntil(ctx, in, out, nil, handlers...) // without an error to come there is none
}

// ServeUntil is Serve for a process that may fail by itself. It ends with the first error, which it returns, once the coordinator has
// heard of it.
func ServeUntil(ctx context.Context, in io.Reader, out io.WriteCloser, failed <-chan error, handlers ...Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &service{ctx: ctx, handlers: map[string]Handler{}}
	last := newLast()
	s.add(handlers)
	s.add(last.handlers())
	s.add([]Handler{Handle(Usage, used)})
	s.add(new(profiler).handlers())
	server := rpc.NewServer()
	if err := server.RegisterName("Control", s); err != nil {
		panic(err) // its method has a wrong form: a programming error that every start shows
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.ServeCodec(jsonrpc.NewServerCodec(struct {
			io.Reader
			io.WriteCloser
		}{ending{in, cancel}, out}))
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return nil
	case err := <-failed:
		if err != nil {
			last.say(ctx, err)
		}
		return err
	}
}

// ending is an input that says when it ends: JSON-RPC by itself would first wait for all that is being answered, such as a load.
type ending struct {
	io.Reader
	end func()
}

func (e ending) Read(b []byte) (int, error) {
	n, err := e.Reader.Read(b)
	if err != nil {
		e.end()
	}
	return n, err
}

// service is the receiver of JSON-RPC.
type service struct {
	ctx      context.Context
	mu       sync.Mutex
	handlers map[string]Handler
}

func (s *service) add(handlers []Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range handlers {
		s.handlers[h.method] = h
	}
}

// Do answers one call.
func (s *service) Do(r Request, reply *Reply) error {
	s.mu.Lock()
	h, ok := s.handlers[r.Method]
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("the process does not answer %q, or not in the state it is in", r.Method)
	}
	report, then, err := h.answer(s.ctx, r.Spec)
	if err != nil {
		return err
	}
	if then != nil {
		s.mu.Lock()
		delete(s.handlers, r.Method)
		s.mu.Unlock()
		s.add(then)
	}
	reply.Report, err = json.Marshal(report)
	return err
}

// Usage asks any process that serves what it has used so far, and what it holds now.
const Usage Method[Nothing, Used] = "usage"

// Used is a process's use of CPU and memory since it started, and of what else it may leak.
type Used struct {
	CPUSeconds     float64
	RSSMiB         float64 // the resident set now
	PeakRSSMiB     float64 // the largest that it has been
	AllocatedBytes uint64  // on the heap, given back or not
	LiveMiB        float64 // of the heap, that the last collection found in use
	Goroutines     int
	Descriptors    int // open files and connections
}

// Counts are what a server or an agent has counted since it started.
type Counts struct {
	RetransmittedBytes                 int64 // that TCP has sent more than once, on all connections
	SignaturesMade, SignaturesVerified int64 // by its automaton or its clients
}

// Counted asks a server or an agent.
const Counted Method[Nothing, Counts] = "counted"

// Self is what this process uses.
func Self() (Used, error) { return used(context.Background(), Nothing{}) }

// used asks the kernel about this process. The peak is not getrusage's, which may be that of the parent.
func used(context.Context, Nothing) (Used, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return Used{}, fmt.Errorf("getrusage: %w", err)
	}
	self, err := procfs.Self()
	if err != nil {
		return Used{}, err
	}
	status, err := self.NewStatus()
	if err != nil {
		return Used{}, err
	}
	files, err := self.FileDescriptorsLen()
	heap := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(heap)
	return Used{
		AllocatedBytes: heap[0].Value.Uint64(), LiveMiB: float64(heap[1].Value.Uint64()) / (1 << 20),
		Goroutines: runtime.NumGoroutine(), Descriptors: files,
		CPUSeconds: float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9,
		RSSMiB:     float64(status.VmRSS) / (1 << 20), PeakRSSMiB: float64(status.VmHWM) / (1 << 20),
	}, err
}
