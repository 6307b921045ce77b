package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"net/rpc/jsonrpc"
	"sync"
)

// A Handler answers one method.
type Handler struct {
	method string
	answer func(context.Context, json.RawMessage) (any, error)
}

// Handle returns the handler that answers the method by do, which may run several times at once.
func Handle[Spec, Report any](m Method[Spec, Report], do func(context.Context, Spec) (Report, error)) Handler {
	return Handler{string(m), func(ctx context.Context, data json.RawMessage) (any, error) {
		var spec Spec
		if err := json.Unmarshal(data, &spec); err != nil {
			return nil, fmt.Errorf("%s: %w", m, err)
		}
		return do(ctx, spec)
	}}
}

// Serve answers the methods and Usage on a process's standard input and output until the input ends or ctx does, which
// also ends what is being answered.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, handlers ...Handler) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &service{ctx, map[string]Handler{}}
	for _, h := range append(handlers, Handle(Usage, func(context.Context, Nothing) (Used, error) { return used() })) {
		s.handlers[h.method] = h
	}
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
		}{in, out}))
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// service is the receiver of JSON-RPC.
type service struct {
	ctx      context.Context
	handlers map[string]Handler
}

// Do answers one call.
func (s *service) Do(r Request, reply *Reply) error {
	h, ok := s.handlers[r.Method]
	if !ok {
		return fmt.Errorf("the process knows no method %q", r.Method)
	}
	report, err := h.answer(s.ctx, r.Spec)
	if err == nil {
		reply.Report, err = json.Marshal(report)
	}
	return err
}

// A Slot holds what a process is for, once it was started.
type Slot[T any] struct {
	mu sync.Mutex
	it *T
}

// Start fills the slot, once. A start that failed can be tried again.
func (s *Slot[T]) Start(start func() (*T, error)) (it *T, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.it != nil {
		return nil, errors.New("it was started already")
	}
	if it, err = start(); err == nil {
		s.it = it
	}
	return it, err
}

// Get returns what is in the slot.
func (s *Slot[T]) Get() (*T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.it == nil {
		return nil, errors.New("it was not started")
	}
	return s.it, nil
}

// HandleBy returns the handler that answers the method by a method of what is in the slot.
func HandleBy[T, Spec, Report any](s *Slot[T], m Method[Spec, Report],
	do func(*T, context.Context, Spec) (Report, error),
) Handler {
	return Handle(m, func(ctx context.Context, spec Spec) (none Report, err error) {
		it, err := s.Get()
		if err != nil {
			return none, err
		}
		return do(it, ctx, spec)
	})
}
