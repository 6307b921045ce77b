package node

import (
	"context"
	"errors"
	"log/slog"

	"github.com/powbench/powbench/storage"
)

// Service is the server process as its coordinator sees it, by JSON-RPC over standard input and output.
type Service struct {
	ctx    context.Context
	log    *slog.Logger
	node   *Node
	failed chan error
}

// NewService returns the service of a process.
func NewService(ctx context.Context, log *slog.Logger) *Service {
	return &Service{ctx: ctx, log: log, failed: make(chan error, 1)}
}

// Failed yields the error that ended the node, if one does.
func (s *Service) Failed() <-chan error { return s.failed }

// Nothing is the argument of a call that has none.
type Nothing struct{}

// Start starts the node and returns the address it listens on.
func (s *Service) Start(cfg Config, addr *string) (err error) {
	if s.node != nil {
		return errors.New("the server was started already")
	}
	if s.node, err = Start(s.ctx, cfg, s.log); err != nil {
		return err
	}
	*addr = s.node.Addr().String()
	go func() { s.failed <- <-s.node.Failed() }()
	return nil
}

// Stats returns the database's metrics.
func (s *Service) Stats(_ Nothing, metrics *storage.Metrics) error {
	if s.node == nil {
		return errors.New("the server was not started")
	}
	*metrics = s.node.Stats()
	return nil
}

// Reset breaks all connections, as a network that resets them does. The server keeps listening, clients come back.
func (s *Service) Reset(_ Nothing, _ *Nothing) error {
	if s.node == nil {
		return errors.New("the server was not started")
	}
	s.node.Reset()
	return nil
}

// Close closes the node, if it was started.
func (s *Service) Close() error {
	if s.node == nil {
		return nil
	}
	return s.node.Close()
}
