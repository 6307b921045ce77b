package command

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/soak"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// soakFlags are the flags of soak.
type soakFlags struct {
	folders
	protocols, faults       []string
	t                       int
	duration, stint, window time.Duration
	durability              string
	loopback                bool
	seed                    uint64
}

func newSoak() *cobra.Command {
	var f soakFlags
	c := &cobra.Command{
		Use:   "soak",
		Short: "Let protocols work under faults of all kinds, for hours, and find what goes wrong only then",
		Long: "soak goes through protocols and faults in rotation. Each stint is a fresh cluster of one protocol under one fault, which is\n" +
			"done to t servers at once in each window. Histories are checked window by window, so that it can run for ever. It fails\n" +
			"if an operation is lost, fails or hangs, a history is not linearizable, a process ends by itself, a server takes more than\n" +
			"256 MiB, or memory, goroutines, descriptors or disk leak. Ctrl-C ends it with the summary so far.\n\nFaults:\n" + faultList(),
		Example: "  powbench soak --duration 2h\n  powbench soak --protocol mpowerstore --fault kill,disk --duration 10m --stint 2m",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := f.options(c)
			if err == nil {
				err = o.Check()
			}
			if err != nil {
				return command.Usage(err)
			}
			if !f.loopback {
				if done, err := inNamespace(); done || err != nil {
					return err
				}
			}
			dir, summary, err := soak.Run(c.Context(), o)
			if summary.Stints > 0 {
				c.Printf("%sin %s\n", summary.Text(), dir)
			}
			if errors.Is(err, study.ErrCheckFailed) || err == nil {
				return err
			}
			return command.Resumable(err, "the summary so far is in "+dir)
		},
	}
	c.Flags().StringSliceVar(&f.protocols, "protocol", nil, "protocols to soak (default: all)")
	c.Flags().StringSliceVar(&f.faults, "fault", nil, "faults to inflict (default: all)")
	command.Complete(c, "protocol", catalog.Names()...)
	command.Complete(c, "fault", soak.FaultNames()...)
	c.Flags().IntVar(&f.t, "t", 1, "number of faulty servers to tolerate")
	c.Flags().DurationVar(&f.duration, "duration", time.Hour, "of all stints together")
	c.Flags().DurationVar(&f.stint, "stint", time.Minute, "of one protocol under one fault")
	c.Flags().DurationVar(&f.window, "window", 2*time.Second, "of a load whose history is checked by itself")
	c.Flags().StringVar(&f.durability, "durability", string(protocols.Fsync), "fsync or write")
	command.Complete(c, "durability", string(protocols.Fsync), string(protocols.Unsynced))
	c.Flags().BoolVar(&f.loopback, "loopback", false, "give hosts no links of their own: needs no privilege, and cuts none")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "seed of what is left to chance")
	f.folders.flags(c)
	return c
}

// faultList lists the faults for people.
func faultList() string {
	var b strings.Builder
	for _, f := range soak.Faults() {
		fmt.Fprintf(&b, "  %-8s %s\n", f.Name, f.Text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// options turns the flags into what to soak.
func (f soakFlags) options(c *cobra.Command) (o soak.Options, err error) {
	o = soak.Options{
		Options: f.folders.options(c), Protocols: catalog.All(), Faults: soak.Faults(), T: f.t,
		Durability: protocols.Durability(f.durability), Duration: f.duration, Stint: f.stint, Window: f.window,
		Loopback: f.loopback, Seed: f.seed,
	}
	if f.protocols != nil {
		if o.Protocols, err = named(f.protocols, catalog.Keeping); err != nil {
			return o, err
		}
	}
	if f.faults != nil {
		o.Faults, err = named(f.faults, soak.FaultByName)
	}
	return o, err
}
