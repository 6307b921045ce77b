package cluster

import (
	"context"
	"errors"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/testbed"
)

// A Server is a server of the cluster that something may be done to.
type Server struct {
	c *Cluster
	i int
}

// Server returns the i-th server, from 0.
func (c *Cluster) Server(i int) Server { return Server{c, i} }

// Servers returns all servers.
func (c *Cluster) Servers() (all []Server) {
	for i := range c.servers {
		all = append(all, c.Server(i))
	}
	return all
}

// Process steers the server's process, which Restart replaces.
func (s Server) Process() *control.Client { return s.c.servers[s.i] }

// Lies reports whether the server attacks.
func (s Server) Lies() bool { return s.c.nodes[s.i].Attack != "" }

// Cut takes the link of the server's host down or up again.
func (s Server) Cut(down bool) error {
	shaper, ok := s.c.testbed.(testbed.Shaper)
	if !ok {
		return errors.New("the testbed has no links to cut")
	}
	return shaper.Cut(s.c.serverHost(s.i), down)
}

// Kill ends the server's process as a crash does.
func (s Server) Kill() error { return End(s.Process()) }

// Restart starts a server that was killed, on the database that it left: correct, or attacking if an attack is named.
func (s Server) Restart(ctx context.Context, attack string) error {
	s.c.nodes[s.i].Attack = attack
	return s.c.startServer(ctx, s.i)
}

// Reset breaks the server's connections.
func (s Server) Reset(ctx context.Context) error {
	_, err := control.Call(ctx, s.Process(), node.ResetCall, control.Nothing{})
	return err
}

// Fill fills the server's disk. It may end then.
func (s Server) Fill(ctx context.Context) error {
	s.Process().LetEnd()
	_, err := control.Call(ctx, s.Process(), node.FillCall, control.Nothing{})
	return err
}

// Damage damages the database of a server that was killed. The process that does it waits for Open.
func (s Server) Damage(ctx context.Context) error {
	p, err := s.c.launch(s.i)
	if err == nil {
		p.LetEnd()
		_, err = control.Call(ctx, p, node.DamageCall, s.c.nodes[s.i].Dir)
	}
	return err
}

// Open starts the server on its damaged database, which it should refuse.
func (s Server) Open(ctx context.Context) error {
	_, err := control.Call(ctx, s.Process(), node.StartCall, s.c.nodes[s.i])
	return err
}

// AppliedBytes is how much the server was made to store.
func (s Server) AppliedBytes(ctx context.Context) (int64, error) {
	m, err := control.Call(ctx, s.Process(), node.StatsCall, control.Nothing{})
	return m.AppliedBytes, err
}
