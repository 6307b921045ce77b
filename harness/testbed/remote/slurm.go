package remote

import (
	"bytes"
	"errors"
	"fmt"
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
	if len(nodes) == 1 {
		return Hosts{Servers: nodes, Clients: nodes}, nil
	}
	if len(nodes)-clients < 2 {
		clients = len(nodes) / 2
	}
	at := len(nodes) - clients
	return Hosts{Servers: nodes[:at], Clients: nodes[at:]}, nil
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
