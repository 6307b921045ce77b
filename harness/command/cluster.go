package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/transport/identity"
)

// clusterFlag says where up keeps its cluster, and put and get look for it.
func clusterFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "dir", "powbench-cluster", "folder of the cluster")
}

func newUp() *cobra.Command {
	var dir, protocol, primitives, durability, metrics, auth, listen string
	var t, port int
	var insecure bool
	c := &cobra.Command{
		Use:   "up",
		Short: "Start a cluster on this machine to play with",
		Long: "up starts a cluster's server processes on loopback and keeps them until Ctrl-C. Databases and keys stay\n" +
			"in --dir; when a cluster is there already, it is started again and the other flags do not count.\n\n" +
			"With --auth tls, TLS 1.3 carries all connections, and servers and clients show certificates, which up keeps\n" +
			"in the folder certs below --dir; `powbench certs` makes more of them and revokes them. Without, whoever is on\n" +
			"the way reads what passes and may change it, so beyond loopback up asks again.",
		Example: "  powbench up --protocol mpowerstore --t 1\n  powbench up --auth tls\n  powbench up --metrics 9400",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			local, err := cluster.ReadLocal(dir)
			isNew := errors.Is(err, fs.ErrNotExist)
			if isNew {
				local, err = newLocal(c, func(port int) (*cluster.Local, error) {
					l, err := cluster.NewLocal(protocol, primitives, t, protocols.Durability(durability), listen, port)
					if err == nil {
						var tls bool
						if tls, err = isTLS(auth); tls {
							l.Auth = result.TLS
						}
					}
					if err == nil {
						err = checkAuth(c, l, insecure)
					}
					return l, err
				}, port)
			} else if err == nil {
				if err = command.Usage(checkAuth(c, local, insecure)); err != nil {
					return err
				}
				if taken := local.Free(c.Context()); taken != nil {
					err = fmt.Errorf("%w: stop what listens there; a cluster keeps its ports, but another may begin in another --dir", taken)
				}
			}
			if err != nil {
				return err
			}
			told := ""
			if local.Metrics = metrics; metrics != "" {
				addr, err := local.MetricsAddress(0)
				if err != nil {
					return command.Usage(err)
				}
				told = fmt.Sprintf("Metrics of the first: http://%s/metrics, profiles: /debug/pprof/; of the others at the ports behind.\n", addr)
			}
			if isNew {
				if err := local.Save(dir); err != nil {
					return err
				}
			}
			if err := local.Certify(); err != nil {
				return err
			}
			return local.Serve(c.Context(), dir, c.ErrOrStderr(), func() {
				c.Printf("%d %s servers are up (t = %d, %s). %s\nIn another terminal:\n"+
					"  echo hello | powbench put --dir %s greeting -\n  powbench get --dir %s greeting\n",
					len(local.Servers), local.Protocol, local.T, local.Durability, aboutAuth(local), dir, dir)
				c.Print(told)
			})
		},
	}
	clusterFlag(c, &dir)
	c.Flags().StringVar(&protocol, "protocol", "mpowerstore", "protocol")
	c.Flags().StringVar(&primitives, "suite", "modern", "crypto suite: paper, modern or blake3")
	c.Flags().StringVar(&durability, "durability", string(protocols.Fsync), "fsync, write or memory")
	command.Complete(c, "protocol", catalog.Names()...)
	command.Complete(c, "suite", "paper", "modern", "blake3")
	command.Complete(c, "durability", "fsync", "write", "memory")
	c.Flags().StringVar(&auth, "auth", result.NoAuth, "how servers and clients know each other: none, as in the paper, or tls")
	command.Complete(c, "auth", result.NoAuth, result.TLS)
	c.Flags().StringVar(&listen, "listen", "127.0.0.1", "address of this machine at which servers listen")
	c.Flags().BoolVar(&insecure, "insecure", false, "beyond loopback, do without TLS: whoever reaches a server reads, and may write")
	c.Flags().IntVar(&t, "t", 1, "number of faulty servers to tolerate")
	c.Flags().StringVar(&metrics, "metrics", "", "serve metrics and profiles of the first server at this host:port, of the others at\n"+
		"the ports behind; without a host, for this machine alone")
	c.Flags().IntVar(&port, "port", 7400, "port of the first server, the others follow; if it is not given and one is taken, others are tried")
	return c
}

// isTLS reads --auth, which says how servers and clients know each other.
func isTLS(auth string) (bool, error) {
	if auth != result.NoAuth && auth != result.TLS {
		return false, fmt.Errorf("unknown --auth %q: choose %s or %s", auth, result.NoAuth, result.TLS)
	}
	return auth == result.TLS, nil
}

// checkAuth refuses what somebody may not have meant: another way than that of the cluster that is there, and, unless it is asked for
// twice, connections in the clear beyond loopback.
func checkAuth(c *cobra.Command, l *cluster.Local, insecure bool) error {
	has, asked := cmp.Or(l.Auth, result.NoAuth), c.Flags().Lookup("auth")
	switch {
	case asked.Changed && asked.Value.String() != has:
		return fmt.Errorf("the cluster that is there has auth %s and keeps it: start another one in another --dir", has)
	case l.Auth == "" && !l.OnLoopback() && !insecure:
		return fmt.Errorf("%s is beyond loopback, and without TLS whoever reaches it reads, and may write: choose --auth tls, "+
			"or ask for this again by --insecure", l.Servers[0])
	}
	return nil
}

// aboutAuth says how far the cluster's connections can be trusted.
func aboutAuth(l *cluster.Local) string {
	if l.Auth == "" {
		return "Auth: none, as in the paper: whoever is on the way reads what passes, and may change it."
	}
	return "Auth: tls, by the certificates in the cluster's folder."
}

// Where a port that nobody asked for is taken, up looks for others: so many times, so far apart.
const portTries, portStep = 20, 100

// newLocal describes a new cluster, on ports that are free.
func newLocal(c *cobra.Command, describe func(port int) (*cluster.Local, error), port int) (*cluster.Local, error) {
	for try := 1; ; try++ {
		local, err := describe(port)
		if err != nil {
			return nil, command.Usage(err)
		}
		if err = local.Free(c.Context()); err == nil {
			return local, nil
		}
		if c.Flags().Changed("port") || try == portTries {
			return nil, fmt.Errorf("%w: stop what listens there, or choose another port by --port", err)
		}
		port += portStep
	}
}

// errNoValue says that a key holds the initial value ⊥.
var errNoValue = errors.New("no value: the key was never written")

func newPut() *cobra.Command {
	var o clientOptions
	c := &cobra.Command{
		Use:   "put KEY FILE",
		Short: "Write a value to the cluster that up started",
		Long: fmt.Sprintf("put writes the file's bytes, or those of standard input for -, under the key: at most %d MiB.",
			protocols.MaxValueBytes>>20),
		Example: "  powbench put greeting hello.txt\n  echo hello | powbench put greeting -",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, a []string) error {
			value, err := readValue(c.InOrStdin(), a[1])
			if err != nil {
				return command.Usage(err)
			}
			if o.as.Role == identity.Reader {
				return command.Usage(fmt.Errorf("%s cannot write: name a writer by --as", o.as.Name))
			}
			return o.run(c.Context(), a[0], func(c *client.Client, key protocols.Key) client.Call {
				return c.Write(key, len(value), func(to []byte) { copy(to, value) })
			}, func(*client.Outcome) error { return nil })
		},
	}
	o.flags(c)
	return c
}

func newGet() *cobra.Command {
	var o clientOptions
	c := &cobra.Command{
		Use:     "get KEY",
		Short:   "Read a value from the cluster that up started",
		Long:    "get writes the key's value to standard output. A key that was never written is an error.",
		Example: "  powbench get greeting",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, a []string) error {
			return o.run(c.Context(), a[0], (*client.Client).Read, func(done *client.Outcome) error {
				if done.Bottom {
					return fmt.Errorf("%q: %w", a[0], errNoValue)
				}
				_, err := c.OutOrStdout().Write(done.Value)
				return err
			})
		},
	}
	o.flags(c)
	return c
}

// clientOptions are the flags that put and get share.
type clientOptions struct {
	dir     string
	as      clientName
	timeout time.Duration
}

// clientName is a flag: who the client is, such as writer-1.
type clientName struct{ identity.Name }

// String implements pflag.Value.
func (n *clientName) String() string { return n.File() }

// Type implements pflag.Value.
func (*clientName) Type() string { return "name" }

// Set implements pflag.Value.
func (n *clientName) Set(text string) (err error) {
	if n.Name, err = identity.ParseName(text); err == nil && n.Role == identity.Server {
		err = errors.New("a client is a writer or a reader")
	}
	return err
}

func (o *clientOptions) flags(c *cobra.Command) {
	clusterFlag(c, &o.dir)
	o.as.Name = identity.Name{Role: identity.Writer, Number: 1}
	c.Flags().Var(&o.as, "as", "who to be: a writer or reader, by its certificate if the cluster has such")
	command.Complete(c, "as", "writer-1", "reader-1")
	c.Flags().DurationVar(&o.timeout, "timeout", 10*time.Second, "how long to wait for a quorum of servers")
}

// run does one operation with a key of the cluster and hands its outcome to use.
func (o *clientOptions) run(ctx context.Context, key string, begin func(*client.Client, protocols.Key) client.Call,
	use func(*client.Outcome) error,
) error {
	if len(key) > protocols.MaxKeyBytes {
		return command.Usage(fmt.Errorf("the key has %d bytes, the limit is %d", len(key), protocols.MaxKeyBytes))
	}
	local, err := cluster.ReadLocal(o.dir)
	if err != nil {
		return command.Usage(err)
	}
	c, closeLinks, err := local.Connect(o.as.Name, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	defer func() { _ = closeLinks() }()
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	done, err := begin(c, protocols.Key(key)).Run(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no quorum of %d servers answered within %v: is `powbench up --dir %s` running? %w",
			len(local.Servers), o.timeout, o.dir, err)
	} else if err != nil {
		return err
	}
	defer done.Release()
	return use(done)
}

// readValue reads the file, or standard input for "-", up to the limit of a value.
func readValue(stdin io.Reader, file string) ([]byte, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	value, err := io.ReadAll(io.LimitReader(in, protocols.MaxValueBytes+1))
	if err == nil && len(value) > protocols.MaxValueBytes {
		err = fmt.Errorf("%s holds more than %d bytes, the limit of a value: split it", file, protocols.MaxValueBytes)
	}
	return value, err
}
