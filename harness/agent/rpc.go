package agent

import (
	"context"
	"errors"
	"log/slog"
)

// Service is the agent as its coordinator sees it, by JSON-RPC over the process's standard input and output.
type Service struct {
	ctx   context.Context
	log   *slog.Logger
	agent *Agent
}

// NewService returns the service of a process; ctx ends its operations.
func NewService(ctx context.Context, log *slog.Logger) *Service { return &Service{ctx: ctx, log: log} }

// Nothing is the argument or reply of a call that has none.
type Nothing struct{}

var errNotStarted = errors.New("the agent was not started")

// Start connects the agent to the servers.
func (s *Service) Start(cfg Config, _ *Nothing) (err error) {
	s.agent, err = Start(s.ctx, cfg, s.log)
	return err
}

// Preload writes the agent's share of the keys.
func (s *Service) Preload(spec PreloadSpec, failures *Failures) (err error) {
	if s.agent == nil {
		return errNotStarted
	}
	*failures, err = s.agent.Preload(s.ctx, spec)
	return err
}

// ReadBack reads some of the agent's share of the keys.
func (s *Service) ReadBack(spec ReadBackSpec, failures *Failures) (err error) {
	if s.agent == nil {
		return errNotStarted
	}
	*failures, err = s.agent.ReadBack(s.ctx, spec)
	return err
}

// Load runs a closed or an open loop.
func (s *Service) Load(spec LoadSpec, report *LoadReport) (err error) {
	if s.agent == nil {
		return errNotStarted
	}
	*report, err = s.agent.Load(s.ctx, spec)
	return err
}

// Mixed runs the closed loop of READs and WRITEs.
func (s *Service) Mixed(spec MixedSpec, report *MixedReport) (err error) {
	if s.agent == nil {
		return errNotStarted
	}
	*report, err = s.agent.Mixed(s.ctx, spec)
	return err
}

// Assault has hostile clients attack and returns how often they did.
func (s *Service) Assault(spec MixedSpec, attacks *int64) (err error) {
	if s.agent == nil {
		return errNotStarted
	}
	*attacks, err = s.agent.Assault(s.ctx, spec)
	return err
}

// Save writes the agent's history to the file and returns the number of its operations.
func (s *Service) Save(path string, operations *int) (err error) {
	if s.agent == nil {
		return errNotStarted
	}
	*operations, err = s.agent.Save(path)
	return err
}
