package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
)

// A cluster is a testbed of machines. Their links are as they are: it shapes, cuts and delays none.
type cluster struct {
	spec     testbed.Spec
	shell    Shell
	hosts    Hosts
	machines map[string]*machine
}

// Open installs powbench on every machine, starts a steward on each, and compares the clocks. An error names the machine and what
// to do.
func Open(ctx context.Context, spec testbed.Spec, hosts Hosts, sh Shell, progress io.Writer) (_ testbed.Testbed, err error) {
	if err := hosts.check(); err != nil {
		return nil, err
	}
	c := &cluster{spec: spec, shell: sh, hosts: hosts, machines: map[string]*machine{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	for _, name := range hosts.all() {
		c.machines[name] = &machine{cluster: c, name: name, log: progress}
	}
	var starting errgroup.Group
	for _, m := range c.machines {
		starting.Go(func() error { return m.open(ctx) })
	}
	if err := starting.Wait(); err != nil {
		return nil, err
	}
	if both := hosts.Shared(); len(both) > 0 {
		fmt.Fprintf(progress, "servers and clients share %s: each takes the other's processor\n", strings.Join(both, ", "))
	}
	c.compare(progress)
	return c, nil
}

// compare says in what the machines differ.
func (c *cluster) compare(progress io.Writer) {
	for what, of := range map[string]func(result.Machine) string{
		"processors": func(m result.Machine) string { return fmt.Sprintf("%d × %s", m.Cores, m.CPU) },
		"kernels":    func(m result.Machine) string { return m.Kernel },
	} {
		by := map[string][]string{}
		for _, name := range c.hosts.all() {
			is := of(c.machines[name].opened.Machine)
			by[is] = append(by[is], name)
		}
		if len(by) > 1 {
			fmt.Fprintf(progress, "machines have different %s:\n", what)
			for _, is := range slices.Sorted(maps.Keys(by)) {
				fmt.Fprintf(progress, "  %s: %s\n", is, strings.Join(by[is], ", "))
			}
		}
	}
}

// Hosts implements testbed.Testbed.
func (c *cluster) Hosts() (servers, clients []testbed.Host) {
	for _, name := range c.hosts.Servers {
		servers = append(servers, c.machines[name])
	}
	for _, name := range c.hosts.Clients {
		clients = append(clients, c.machines[name])
	}
	return servers, clients
}

// Describe implements testbed.Testbed.
func (c *cluster) Describe() result.Testbed {
	d := result.Testbed{
		Mode: c.shell.Name(), Topology: result.Spread, Unlimited: true, Congestion: c.spec.Congestion, Hosts: c.hosts.all(), Offload: true,
	}
	for _, name := range c.hosts.all() {
		m := c.machines[name]
		m.mu.Lock()
		d.Machines = append(d.Machines, result.RemoteMachine{
			Name: name, Address: m.opened.Address.String(), Machine: m.opened.Machine, Load: m.opened.Load,
			ClockErrorUs: float64(m.clock.last.error) / 1e3, ClockDriftPPM: 1e6 * m.clock.drift(),
		})
		m.mu.Unlock()
	}
	return d
}

// Machine implements testbed.Testbed: it is the first server's; Describe has all.
func (c *cluster) Machine() (result.Machine, error) {
	return c.machines[c.hosts.Servers[0]].opened.Machine, nil
}

// CPU implements testbed.Testbed: the sum of all machines'.
func (c *cluster) CPU() (sum testbed.CPU, err error) {
	all := slices.Collect(maps.Values(c.machines))
	reports := make([]testbed.CPU, len(all))
	var asking errgroup.Group
	for i, m := range all {
		asking.Go(func() (err error) {
			reports[i], err = control.Call(context.Background(), m.steward, cpuCall, control.Nothing{})
			return err
		})
	}
	err = asking.Wait()
	for _, r := range reports {
		sum.Total, sum.Idle, sum.Steal = sum.Total+r.Total, sum.Idle+r.Idle, sum.Steal+r.Steal
	}
	return sum, err
}

// KeepAwake implements testbed.Testbed. Machines of a cluster are left as they are.
func (c *cluster) KeepAwake() error { return nil }

// Close implements testbed.Testbed.
func (c *cluster) Close() error {
	var closing errgroup.Group
	for _, m := range c.machines {
		closing.Go(m.close)
	}
	return closing.Wait()
}

// Uncertainty implements testbed.Clocks.
func (c *cluster) Uncertainty(since time.Duration) (most time.Duration) {
	for _, m := range c.machines {
		m.mu.Lock()
		most = max(most, m.clock.uncertainty(since+fresh))
		m.mu.Unlock()
	}
	return most
}
