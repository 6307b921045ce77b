package remote

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"text/template"
	"time"
)

// Allocation is the machines of the Slurm allocation that this process is in: the last so many are for clients, the others for
// servers. With fewer than two for servers, half of them are for clients.
func Allocation(clients int) (h Hosts, err error) {
	list := os.Getenv("SLURM_JOB_NODELIST")
	if list == "" {
		return h, errors.New("there is no SLURM_JOB_NODELIST: run inside an allocation (salloc, or powbench submit)")
	}
	out, err := exec.Command("scontrol", "show", "hostnames", list).Output()
	if err != nil {
		return h, fmt.Errorf("scontrol show hostnames %s: %w", list, err)
	}
	nodes := strings.Fields(string(out))
	if h.Addresses, err = nodeAddresses(list); err != nil {
		return h, err
	}
	if len(nodes) == 1 {
		h.Servers, h.Clients = nodes, nodes
		return h, nil
	}
	if len(nodes)-clients < 2 {
		clients = len(nodes) / 2
	}
	at := len(nodes) - clients
	h.Servers, h.Clients = nodes[:at], nodes[at:]
	return h, nil
}

// nodeAddresses are those of the nodes whose address Slurm was told as a number. Other nodes' names are resolved by themselves.
func nodeAddresses(list string) (map[string]string, error) {
	out, err := exec.Command("scontrol", "show", "node", "--oneliner", list).Output()
	if err != nil {
		return nil, fmt.Errorf("scontrol show node %s: %w", list, err)
	}
	return addressesIn(string(out)), nil
}

// addressesIn reads what scontrol says of nodes, one in each line.
func addressesIn(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		var name, address string
		for _, field := range strings.Fields(line) {
			switch key, value, _ := strings.Cut(field, "="); key {
			case "NodeName":
				name = value
			case "NodeAddr":
				address = value
			}
		}
		if _, err := netip.ParseAddr(address); err == nil && name != "" {
			all[name] = address
		}
	}
	return all
}

// A Batch is a job for sbatch.
type Batch struct {
	Name                  string
	Nodes                 int
	Partition, Constraint string
	Time                  time.Duration
	Command               []string // argv, on the first node
	Output                string   // file that the job's output goes to; %j is its number
}

var script = template.Must(template.New("script").Funcs(template.FuncMap{
	"time": func(d time.Duration) string {
		m := int(d.Minutes()) + 1
		return fmt.Sprintf("%d:%02d:00", m/60, m%60)
	},
	"words": func(argv []string) string {
		words := make([]string, len(argv))
		for i, a := range argv {
			words[i] = quote(a)
		}
		return strings.Join(words, " ")
	},
}).Parse(`#!/bin/sh
#SBATCH --job-name={{.Name}}
#SBATCH --nodes={{.Nodes}}
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time={{time .Time}}
#SBATCH --output={{.Output}}
{{- with .Partition}}
#SBATCH --partition={{.}}
{{- end}}
{{- with .Constraint}}
#SBATCH --constraint={{.}}
{{- end}}
# Nodes that measure must be nobody else's: hence exclusive.
exec {{words .Command}}
`))

// Script is the job as sbatch takes it. It refuses what would add a line to it.
func (b Batch) Script() (string, error) {
	for _, text := range []string{b.Name, b.Partition, b.Constraint, b.Output} {
		if strings.ContainsAny(text, "\n\r") {
			return "", fmt.Errorf("%q has more than one line", text)
		}
	}
	var text bytes.Buffer
	err := script.Execute(&text, b)
	return text.String(), err
}

// Submit hands the job to sbatch and returns what that says.
func (b Batch) Submit() (string, error) {
	text, err := b.Script()
	if err != nil {
		return "", err
	}
	c := exec.Command("sbatch")
	c.Stdin = strings.NewReader(text)
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("sbatch: %w: %s", err, bytes.TrimSpace(out))
	}
	return string(out), nil
}
