package cluster

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/testbed"
)

// A Server is one server of a cluster, and what may be done to it.
type Server struct {
	*control.Client // its process; another one after a restart

	cluster *Cluster
	host    testbed.Host
	config  node.Config
}

// launch starts the server's process, which has no node yet.
func (s *Server) launch() (err error) {
	s.Client, err = s.cluster.process(s.host, "server", s.config.Index)
	return err
}

// start starts the server, on the database that it left if there is one. Started again it listens where it did before.
func (s *Server) start(ctx context.Context) error {
	err := s.launch()
	if err == nil {
		s.config.Listen, err = control.Call(ctx, s.Client, node.StartCall, s.config)
	}
	return err
}

// Lies reports whether the server attacks.
func (s *Server) Lies() bool { return s.config.Attack != "" }

// AppliedBytes is the number of bytes that the server was made to store.
func (s *Server) AppliedBytes(ctx context.Context) (int64, error) {
	m, err := control.Call(ctx, s.Client, node.StatsCall, control.Nothing{})
	return m.AppliedBytes, err
}

// Cut takes the link of the server's host down or up again.
func (s *Server) Cut(down bool) error {
	shaper, ok := s.cluster.testbed.(testbed.Shaper)
	if !ok {
		return errors.New("the testbed has no links to cut")
	}
	return shaper.Cut(s.host, down)
}

// Crash kills the server's process.
func (s *Server) Crash() error { return End(s.Client) }

// Restart starts a server that crashed: correct, or attacking if an attack is named.
func (s *Server) Restart(ctx context.Context, attack string) error {
	s.config.Attack = attack
	return s.start(ctx)
}

// Pause stops the server's process where it is, and Resume has it go on.
func (s *Server) Pause() error { return s.Signal(unix.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() error { return s.Signal(unix.SIGCONT) }

// Reset breaks the server's connections.
func (s *Server) Reset(ctx context.Context) error {
	_, err := control.Call(ctx, s.Client, node.ResetCall, control.Nothing{})
	return err
}

// Fill fills the server's disk. It may end then, even before it has answered.
func (s *Server) Fill(ctx context.Context) error {
	s.LetEnd()
	_, err := control.Call(ctx, s.Client, node.FillCall, control.Nothing{})
	select {
	case <-s.Done():
		return nil
	default:
		return err
	}
}

// Damage damages the database of a server that crashed. The process that does it waits for Open.
func (s *Server) Damage(ctx context.Context) error {
	err := s.launch()
	if err == nil {
		s.LetEnd()
		_, err = control.Call(ctx, s.Client, node.DamageCall, s.config.Dir)
	}
	return err
}

// Open starts the server on its damaged database, which it should refuse.
func (s *Server) Open(ctx context.Context) error {
	_, err := control.Call(ctx, s.Client, node.StartCall, s.config)
	return err
}
