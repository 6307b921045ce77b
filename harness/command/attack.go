package command

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/study/attack"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// attackFlags are the flags of attack.
type attackFlags struct {
	folders
	quick              bool
	protocols, attacks []string
	t                  int
	seed               uint64
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
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := f.options(c)
			if err != nil {
				return command.Usage(err)
			}
			if done, err := inNamespace(); done || err != nil {
				return err
			}
			dir, err := attack.Run(c.Context(), o)
			return drawn(c, dir, err)
		},
	}
	c.Flags().BoolVar(&f.quick, "quick", false, "loads of about a second: a few minutes in all")
	c.Flags().StringSliceVar(&f.protocols, "protocol", nil, "protocols to attack (default: all)")
	c.Flags().StringSliceVar(&f.attacks, "attack", nil, "attacks to play, by ID or name (default: all)")
	c.Flags().IntVar(&f.t, "t", 1, "number of faulty servers to tolerate")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "seed of what attacks leave to chance")
	f.folders.flags(c)
	return c
}

// options turns the flags into what to attack. The fault-free trial, which the others are compared with, comes first.
func (f attackFlags) options(c *cobra.Command) (o attack.Options, err error) {
	o = attack.Options{
		T: f.t, Quick: f.quick, Seed: f.seed, Protocols: catalog.All(), Attacks: attack.All(), Options: f.folders.options(c),
	}
	if f.t < 1 {
		return o, fmt.Errorf("--t is %d: tolerate at least 1 fault", f.t)
	}
	if f.protocols != nil {
		if o.Protocols, err = named(f.protocols, catalog.ByName); err != nil {
			return o, err
		}
	}
	if f.attacks != nil {
		faultFree := o.Attacks[0]
		if o.Attacks, err = named(f.attacks, attack.ByID); err != nil {
			return o, err
		}
		o.Attacks = slices.DeleteFunc(o.Attacks, func(a byzantine.Attack) bool { return a.ID == faultFree.ID })
		o.Attacks = slices.Insert(o.Attacks, 0, faultFree)
	}
	return o, nil
}

// named finds each of the names.
func named[T any](names []string, find func(string) (T, error)) (all []T, err error) {
	for _, name := range names {
		x, err := find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}
