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

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
)

// A cluster is a testbed of machines. Their links are as they are: it shapes and cuts none, and delays packets only if the machines'
// interfaces are named for that.
type cluster struct {
	spec     testbed.Spec
	shell    Shell
	hosts    Hosts
	machines map[string]*machine

	whole context.Context // ends when a machine is lost, by the cause that lose is given, and when the testbed closes
	lose  context.CancelCauseFunc
}

// newCluster is a testbed none of whose machines is open yet.
func newCluster(spec testbed.Spec, hosts Hosts, sh Shell) *cluster {
	c := &cluster{spec: spec, shell: sh, hosts: hosts, machines: map[string]*machine{}}
	c.whole, c.lose = context.WithCancelCause(context.Background())
	for _, name := range hosts.all() {
		c.machines[name] = &machine{cluster: c, name: name}
	}
	return c
}

// Open installs powbench on every machine, starts a steward on each, and compares the clocks. An error names the machine and what
// to do.
func Open(ctx context.Context, spec testbed.Spec, hosts Hosts, sh Shell, progress io.Writer) (_ testbed.Testbed, err error) {
	if err := hosts.check(); err != nil {
		return nil, err
	}
	c := newCluster(spec, hosts, sh)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
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
	c.compare(hosts.all(), progress)
	return c, nil
}

// compare says in what machines differ, and which names are of one.
func (c *cluster) compare(names []string, progress io.Writer) {
	grouped := func(of func(opened) string) map[string][]string {
		by := map[string][]string{}
		for _, name := range names {
			is := of(c.machines[name].opened)
			by[is] = append(by[is], name)
		}
		return by
	}
	boots := grouped(func(o opened) string { return o.BootID })
	for _, id := range slices.Sorted(maps.Keys(boots)) {
		if same := boots[id]; id != "" && len(same) > 1 {
			fmt.Fprintf(progress, "%s are one machine: each takes the others' processor, which is counted once\n", strings.Join(same, ", "))
		}
	}
	for _, differ := range []struct {
		what string
		of   func(opened) string
	}{
		{"processors", func(o opened) string { return fmt.Sprintf("%d × %s", o.Machine.Cores, o.Machine.CPU) }},
		{"kernels", func(o opened) string { return o.Machine.Kernel }},
		{"interfaces", func(o opened) string { return o.NIC }},
		{"governors", func(o opened) string { return o.Machine.Governor }},
		{"frequencies beyond the usual", func(o opened) string { return o.Machine.Turbo }},
	} {
		by := grouped(differ.of)
		if len(by) > 1 {
			fmt.Fprintf(progress, "machines have different %s:\n", differ.what)
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
	if c.spec.Delays != nil {
		d.Delays = c.spec.Delays.Asked
	}
	for _, name := range c.hosts.all() {
		m := c.machines[name]
		m.mu.Lock()
		d.Machines = append(d.Machines, result.RemoteMachine{
			Name: name, Address: m.opened.Address.String(), Machine: m.opened.Machine, NIC: m.opened.NIC, Load: m.opened.Load,
			BootID: m.opened.BootID, ClockErrorUs: float64(m.clock.last().error) / 1e3, ClockDriftPPM: 1e6 * m.clock.drift(),
		})
		m.mu.Unlock()
	}
	return d
}

// Machine implements testbed.Testbed: it is the first server's; Describe has all.
func (c *cluster) Machine() (result.Machine, error) {
	return c.machines[c.hosts.Servers[0]].opened.Machine, nil
}

// CPU implements testbed.Testbed.
func (c *cluster) CPU() (map[string]testbed.CPU, error) {
	all := c.distinct()
	reports := make([]testbed.CPU, len(all))
	var asking errgroup.Group
	for i, m := range all {
		asking.Go(func() (err error) {
			reports[i], err = call(context.Background(), m, cpuCall, control.Nothing{})
			return err
		})
	}
	err := asking.Wait()
	by := map[string]testbed.CPU{}
	for i, m := range all {
		by[m.name] = reports[i]
	}
	return by, err
}

// distinct are the machines, each once: those that started with the same kernel are one by several names, and the first stands for it.
func (c *cluster) distinct() (all []*machine) {
	for _, name := range c.hosts.all() {
		if m := c.machines[name]; m.Machine() == name {
			all = append(all, m)
		}
	}
	return all
}

// KeepAwake implements testbed.Testbed. Machines of a cluster are left as they are.
func (c *cluster) KeepAwake() error { return nil }

// Close implements testbed.Testbed.
func (c *cluster) Close() error {
	c.lose(nil) // stewards that end from now on are not lost
	var closing errgroup.Group
	for _, m := range c.machines {
		closing.Go(m.close)
	}
	return closing.Wait()
}

// Watch implements testbed.Machines.
func (c *cluster) Watch(ctx context.Context) (context.Context, func()) {
	watched, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.whole, func() { end(context.Cause(c.whole)) })
	return watched, func() {
		stop()
		end(nil)
	}
}

// Uncertainty implements testbed.Machines.
func (c *cluster) Uncertainty(since time.Duration) (most time.Duration, err error) {
	begun := clock.Now() - int64(since+fresh)
	if err := c.readClocks(); err != nil {
		return 0, err
	}
	for _, m := range c.machines {
		m.mu.Lock()
		most = max(most, m.clock.uncertainty(begun, clock.Now()))
		m.mu.Unlock()
	}
	return most, nil
}
