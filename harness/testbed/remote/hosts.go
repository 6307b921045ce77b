// Package remote lays out a testbed on machines of a cluster, which it reaches by ssh or Slurm: processes start there by the same
// channel that steers them, their standard input and output.
//
// It imports testbed, control, clock, result and yamlfile; study and the command import it.
package remote

import (
	"errors"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/yamlfile"
)

// Hosts are the machines of a testbed, by the names that ssh or Slurm knows them by.
type Hosts struct {
	Servers []string `yaml:"servers"`
	Clients []string `yaml:"clients"`
	// Address is where processes reach each machine; without one, what its name resolves to there.
	Addresses map[string]string `yaml:"addresses"`
	// Interfaces are those of the network between the machines, on which NetEm may delay what each sends to the others.
	Interfaces map[string]string `yaml:"interfaces"`
	Scratch    string            `yaml:"scratch"` // folder on each machine for databases; empty for the system's temporary one
}

// ReadHosts reads a file of hosts. The error names the file and what is wrong.
func ReadHosts(file string) (Hosts, error) {
	var h Hosts
	if err := yamlfile.Read(file, &h); err != nil {
		return h, err
	}
	if err := h.check(); err != nil {
		return h, fmt.Errorf("%s: %w", file, err)
	}
	return h, nil
}

// check refuses what no testbed can be made of.
func (h Hosts) check() error {
	if len(h.Servers) == 0 || len(h.Clients) == 0 {
		return errors.New("list the machines under servers and under clients, one at least under each")
	}
	for _, kind := range [][]string{h.Servers, h.Clients} {
		for i, name := range kind {
			if name == "" || name[0] == '-' {
				return fmt.Errorf("%q is no name of a machine", name)
			}
			if slices.Contains(kind[:i], name) {
				return fmt.Errorf("%s is listed twice: a machine carries as many processes as there are, list it once", name)
			}
		}
	}
	for name := range h.Addresses {
		if !slices.Contains(h.all(), name) {
			return fmt.Errorf("an address of %s, which is neither a server nor a client", name)
		}
	}
	for name := range h.Interfaces {
		if !slices.Contains(h.all(), name) {
			return fmt.Errorf("an interface of %s, which is neither a server nor a client", name)
		}
	}
	return nil
}

// CanDelay says what is missing for experiments that delay packets.
func (h Hosts) CanDelay() error {
	for _, name := range h.all() {
		if h.Interfaces[name] == "" {
			return fmt.Errorf("name under interfaces, for %s as for every machine, its interface to the others: NetEm delays what leaves by it", name)
		}
	}
	return nil
}

// all are the machines, each once.
func (h Hosts) all() []string {
	all := slices.Concat(h.Servers, h.Clients)
	slices.Sort(all)
	return slices.Compact(all)
}

// Shared are the machines that carry servers and clients.
func (h Hosts) Shared() (both []string) {
	for _, name := range h.Servers {
		if slices.Contains(h.Clients, name) {
			both = append(both, name)
		}
	}
	return both
}
