package command

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/transport/identity"
)

// certsFlags are the flags of certs.
type certsFlags struct {
	dir                       string
	servers, writers, readers int
	days                      int
}

func newCerts() *cobra.Command {
	f := &certsFlags{}
	c := &cobra.Command{
		Use:   "certs",
		Short: "Make certificates that say who is a server, a writer or a reader, and revoke them",
		Long: "certs keeps a test authority in a folder, and issues certificates for TLS: for so many servers, writers and\n" +
			"readers. It makes what the folder lacks, what has expired and what was revoked, and leaves the rest alone.\n" +
			"The name of each is in its certificate as a URI, such as spiffe://powbench/server/3. Private keys are in\n" +
			"files that their owner alone may read; whoever has that of the authority, ca-key.pem, can be anybody.",
		Example: "  powbench certs --dir certs --servers 4 --writers 2 --readers 1\n  powbench certs revoke --dir certs writer-2",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			names, err := f.names()
			if err != nil {
				return command.Usage(err)
			}
			made, err := identity.Folder(f.dir).Make(names, time.Duration(f.days)*24*time.Hour)
			for _, n := range made {
				c.Printf("%s: made, valid for %d days\n", n.File(), f.days)
			}
			if err == nil && len(made) == 0 {
				c.Println("all certificates are there and count")
			}
			return err
		},
	}
	c.PersistentFlags().StringVar(&f.dir, "dir", "powbench-cluster/certs", "folder of the authority and its certificates")
	c.Flags().IntVar(&f.servers, "servers", 4, "certificates of servers, from server-1 on")
	c.Flags().IntVar(&f.writers, "writers", 1, "certificates of writers")
	c.Flags().IntVar(&f.readers, "readers", 1, "certificates of readers")
	c.Flags().IntVar(&f.days, "days", 365, "how long they are valid")
	c.AddCommand(newCertsRevoke(f))
	return c
}

// Limits of what one asks for by accident.
const maxCertificates, maxDays = 1000, 3650

// names are those who are to have a certificate.
func (f *certsFlags) names() (all []identity.Name, err error) {
	for _, of := range []struct {
		role identity.Role
		n    int
	}{{identity.Server, f.servers}, {identity.Writer, f.writers}, {identity.Reader, f.readers}} {
		if of.n < 0 || of.n > maxCertificates {
			return nil, fmt.Errorf("--%ss is %d: from 0 to %d are possible", of.role, of.n, maxCertificates)
		}
		for i := range of.n {
			all = append(all, identity.Name{Role: of.role, Number: i + 1})
		}
	}
	switch {
	case f.days < 1 || f.days > maxDays:
		return nil, fmt.Errorf("--days is %d: from 1 to %d are possible", f.days, maxDays)
	case len(all) == 0:
		return nil, errors.New("nobody is to have a certificate: give --servers, --writers or --readers a number")
	}
	return all, nil
}

func newCertsRevoke(f *certsFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME...",
		Short: "Have certificates count no more",
		Long: "revoke puts the certificates of those names on the list revoked.pem in the folder. Servers that run look at it\n" +
			"at each new connection, and every few seconds for those that are open, which they end.",
		Example: "  powbench certs revoke writer-1\n  powbench certs revoke --dir certs reader-1 reader-2",
		Args: func(c *cobra.Command, names []string) error {
			if err := cobra.MinimumNArgs(1)(c, names); err != nil {
				return command.Usage(fmt.Errorf("%w: name whose, such as writer-1", err))
			}
			return nil
		},
		RunE: func(c *cobra.Command, names []string) error {
			for _, text := range names {
				n, err := identity.ParseName(text)
				if err != nil {
					return command.Usage(err)
				}
				if err := identity.Folder(f.dir).Revoke(n); err != nil {
					return err
				}
				c.Printf("%s: revoked\n", n.File())
			}
			return nil
		},
	}
}
