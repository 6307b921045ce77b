package harness

import (
	"os"
	"os/exec"

	"github.com/powbench/powbench/netem"
)

// startAwake runs awake.Keep in a process of its own, which dies with the testbed.
func startAwake(host *netem.Host) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	_, err = host.Start(exec.Command(self, "awake"))
	return err
}
