package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/attack"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// attackFlags are the flags of attack.
type attackFlags struct {
	quick              bool
	protocols, attacks []string
	t                  int
	seed               uint64
	results, scratch   string
}

func newAttack() *cobra.Command {
	var f attackFlags
	c := &cobra.Command{
		Use:   "attack",
		Short: "Attack real processes and check that the protocols withstand it",
		Long: "attack plays the catalogue of attacks against real servers and clients over the emulated network: servers\n" +
			"that lie, readers that forge, writers that die, links that are cut, servers that are killed, disks that are\n" +
			"full. Every history is checked. It fails if an attack does harm to a protocol that is to withstand it, and\n" +
			"if the harm that it is known to do to another one is not caught.",
		Example: "  powbench attack --quick\n  powbench attack --protocol mabd --attack B2,B3\n  powbench attack --t 2",
		Args:    command.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := f.options()
			if err != nil {
				return command.Usage(err)
			}
			if done, err := inNamespace(); done || err != nil {
				return err
			}
			return playAttacks(cmd.Context(), o)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&f.quick, "quick", false, "loads of about a second: a few minutes in all")
	flags.StringSliceVar(&f.protocols, "protocol", nil, "protocols to attack (default: all)")
	flags.StringSliceVar(&f.attacks, "attack", nil, "attacks to play, by ID or name (default: all)")
	flags.IntVar(&f.t, "t", 1, "number of faulty servers to tolerate")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of what attacks leave to chance")
	flags.StringVar(&f.results, "results", "results", "folder of all results")
	flags.StringVar(&f.scratch, "scratch", "", "folder for the servers' databases (default: .scratch in --results)")
	return c
}

// options turns the flags into what to attack.
func (f attackFlags) options() (o attack.Options, err error) {
	o = attack.Options{
		T: f.t, Quick: f.quick, Seed: f.seed, Protocols: catalog.All(), Attacks: attack.All(),
		Options: study.Options{
			Results: f.results, Scratch: cmp.Or(f.scratch, filepath.Join(f.results, ".scratch")), Progress: os.Stderr,
		},
	}
	if f.t < 1 {
		return o, fmt.Errorf("--t is %d: tolerate at least 1 fault", f.t)
	}
	if f.protocols != nil {
		o.Protocols = nil
	}
	for _, name := range f.protocols {
		p, err := catalog.ByName(name)
		if err != nil {
			return o, err
		}
		o.Protocols = append(o.Protocols, p)
	}
	if f.attacks != nil {
		o.Attacks, err = chosenAttacks(f.attacks)
	}
	return o, err
}

// chosenAttacks are the attacks of those names, after the fault-free trial that they are compared with.
func chosenAttacks(names []string) (all []byzantine.Attack, err error) {
	all = attack.All()[:1]
	for _, name := range names {
		a, err := attack.ByID(name)
		if err != nil {
			return nil, err
		}
		if a.ID != all[0].ID {
			all = append(all, a)
		}
	}
	return all, nil
}

// playAttacks plays the attacks and draws what came of them.
func playAttacks(ctx context.Context, o attack.Options) error {
	dir, err := attack.Run(ctx, o)
	if err != nil && !errors.Is(err, study.ErrCheckFailed) {
		return err
	}
	return errors.Join(err, command.Draw(filepath.Join(dir, result.FigureDir), []string{dir}))
}
