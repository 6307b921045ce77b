package harness

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/netem"
)

// startChild runs `powbench role` on the host and steers it; what it logs goes to log.
func startChild(host *netem.Host, role, name string, log io.Writer) (*control.Client, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, role)
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := host.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return control.NewClient(name, process{stdout, stdin, p}), nil
}

// process is a process of this machine.
type process struct {
	io.Reader
	io.WriteCloser
	*netem.Process
}

// Kill implements control.Process.
func (p process) Kill() error {
	if err := p.Signal(os.Kill); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.Done()
	return nil
}
