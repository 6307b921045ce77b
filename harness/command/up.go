package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
)

// defaultClusterDir is where up keeps its cluster, and put and get look for it.
const defaultClusterDir = "powbench-cluster"

func newUp() *cobra.Command {
	var dir, protocol, primitives, durability string
	var t, port int
	c := &cobra.Command{
		Use:   "up",
		Short: "Start a cluster on this machine to play with",
		Long: "up starts a cluster's server processes on loopback and keeps them until Ctrl-C. Databases and keys stay\n" +
			"in --dir; when a cluster is there already, it is started again and the other flags do not count.",
		Example: "  powbench up --protocol mpowerstore --t 1",
		Args:    command.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			local, err := cluster.ReadLocal(dir)
			if errors.Is(err, fs.ErrNotExist) {
				local, err = cluster.NewLocal(protocol, primitives, t, protocols.Durability(durability), port)
				if err != nil {
					return command.Usage(err)
				}
				err = local.Save(dir)
			}
			if err != nil {
				return err
			}
			return local.Serve(cmd.Context(), dir, os.Stderr, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "%d %s servers are up (t = %d, %s). In another terminal:\n"+
					"  echo hello | powbench put --dir %s greeting -\n  powbench get --dir %s greeting\n",
					len(local.Servers), local.Protocol, local.T, local.Durability, dir, dir)
			})
		},
	}
	c.Flags().StringVar(&dir, "dir", defaultClusterDir, "folder of the cluster")
	c.Flags().StringVar(&protocol, "protocol", "mpowerstore", "protocol")
	c.Flags().StringVar(&primitives, "suite", "modern", "crypto suite: paper or modern")
	c.Flags().StringVar(&durability, "durability", string(protocols.Fsync), "fsync, write or memory")
	c.Flags().IntVar(&t, "t", 1, "number of faulty servers to tolerate")
	c.Flags().IntVar(&port, "port", 7400, "port of the first server; the others follow")
	return c
}
