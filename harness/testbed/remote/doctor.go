package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/powbench/powbench/harness/testbed"
)

// Examine tries every machine and says what it found or what is wrong there. The error is that of all machines which will not do.
func Examine(ctx context.Context, hosts Hosts, sh Shell, out io.Writer) error {
	if err := hosts.check(); err != nil {
		return err
	}
	c := newCluster(testbed.Spec{}, hosts, sh)
	errs := make([]error, len(hosts.all()))
	var trying sync.WaitGroup
	for i, name := range hosts.all() {
		trying.Go(func() { errs[i] = c.machines[name].open(ctx) })
	}
	trying.Wait()
	var fine []string
	for i, name := range hosts.all() {
		m := c.machines[name]
		if errs[i] != nil {
			fmt.Fprintf(out, "%s: %v\n", name, errs[i])
			continue
		}
		fine = append(fine, name)
		is := m.opened.Machine
		fmt.Fprintf(out, "%s: %v, %d × %s, %d MiB, Linux %s, %s, load %.2f, clock known to ±%v, interface %s\n", name, m.opened.Address,
			is.Cores, is.CPU, is.MemoryMiB, is.Kernel, is.DataDisk, m.opened.Load,
			time.Duration(m.clock.last().error).Round(time.Microsecond), cmp.Or(m.opened.NIC, "unknown"))
		if is.Governor == "powersave" {
			fmt.Fprintf(out, "%s: its governor is powersave: processors that slow down between operations make for long latencies; performance does not\n", name)
		}
		if m.opened.Load > 0.5 {
			fmt.Fprintf(out, "%s: something else keeps it busy: a measurement needs it for itself\n", name)
		}
	}
	c.compare(fine, out)
	for i, name := range hosts.all() {
		if errs[i] != nil || hosts.Interfaces[name] == "" {
			continue
		}
		if errs[i] = c.tryDelay(ctx, c.machines[name], fine); errs[i] != nil {
			fmt.Fprintf(out, "%s: cannot delay packets: %v\n", name, errs[i])
			continue
		}
		fmt.Fprintf(out, "%s: can delay what leaves by %s\n", name, hosts.Interfaces[name])
	}
	for _, name := range hosts.Shared() {
		fmt.Fprintf(out, "%s carries servers and clients: each takes the other's processor\n", name)
	}
	return errors.Join(append(errs, c.Close())...)
}
