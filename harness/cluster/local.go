package cluster

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"github.com/powbench/powbench/harness/client"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/metrics"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport"
	"github.com/powbench/powbench/transport/identity"
)

// issuedDir is where the writers of a local cluster keep the timestamps they issued, if each key has one writer.
const issuedDir = "issued"

// clusterFile is where a local cluster keeps what its clients need, keys included: readable by its owner only.
const clusterFile = "cluster.json"

// certsDir is where a local cluster keeps its authority and all certificates, if TLS carries its connections.
const certsDir = "certs"

// A Local is a cluster to play with: servers of this machine whose databases outlive them.
type Local struct {
	Protocol   string               `json:"protocol"`
	Suite      string               `json:"suite"`
	T          int                  `json:"t"`
	Durability protocols.Durability `json:"durability"`
	Servers    []string             `json:"servers"` // addresses
	ServerKeys []suite.ServerKeys   `json:"server_keys"`
	WriterKeys suite.ClientKeys     `json:"writer_keys"`
	ReaderKeys suite.ClientKeys     `json:"reader_keys"`
	Auth       string               `json:"auth,omitempty"` // result.TLS, or empty for connections in the clear

	// Metrics is the address of the first server's metrics, those of the others follow; empty: none.
	Metrics string `json:"-"`

	dir string // its folder, once it has one
}

// maxLocalT is the most that a local cluster tolerates, as an experiment does.
const maxLocalT = 10

// Free says which of the cluster's addresses others use, if any do.
func (l *Local) Free(ctx context.Context) error {
	var taken []error
	var config net.ListenConfig
	for i, addr := range l.Servers {
		listener, err := config.Listen(ctx, "tcp", addr)
		if err != nil {
			taken = append(taken, fmt.Errorf("server %d: %w", i+1, err))
			continue
		}
		_ = listener.Close()
	}
	return errors.Join(taken...)
}

// NewLocal describes a new cluster at the address, on the ports from firstPort on.
func NewLocal(protocol, primitives string, t int, d protocols.Durability, host string, firstPort int) (*Local, error) {
	p, err := catalog.Keeping(protocol)
	if err != nil {
		return nil, err
	}
	s, err := protocols.SuiteFor(p, primitives)
	if err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	if t < 1 || t > maxLocalT {
		return nil, fmt.Errorf("t is %d: tolerate at least 1 fault and at most %d; each server is a process of this machine", t, maxLocalT)
	}
	if addr, err := netip.ParseAddr(host); err != nil || addr.IsUnspecified() {
		return nil, fmt.Errorf("%q is no address by which clients can reach this machine: give one, such as 127.0.0.1", host)
	}
	l := &Local{Protocol: protocol, Suite: primitives, T: t, Durability: d}
	for i := range p.Traits(t).Servers {
		l.Servers = append(l.Servers, net.JoinHostPort(host, strconv.Itoa(firstPort+i)))
	}
	l.ServerKeys, l.WriterKeys, l.ReaderKeys, err = protocols.GenerateKeys(p, t, s, rand.Reader)
	return l, err
}

// ReadLocal reads the cluster whose folder is dir.
func ReadLocal(dir string) (*Local, error) {
	path := filepath.Join(dir, clusterFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no cluster in %s: start one with `powbench up --dir %s`: %w", dir, dir, err)
	} else if err != nil {
		return nil, err
	}
	l := &Local{dir: dir}
	if err := json.Unmarshal(data, l); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// Save writes the cluster's file into dir.
func (l *Local) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	l.dir = dir
	return os.WriteFile(filepath.Join(dir, clusterFile), append(data, '\n'), 0o600)
}

// MetricsAddress is where the i-th server, from 0, serves metrics: the addresses differ in their ports.
func (l *Local) MetricsAddress(i int) (string, error) {
	addr, err := metrics.Address(l.Metrics)
	if err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	first, err := strconv.ParseUint(port, 10, 16)
	if err != nil || first == 0 || int(first)+len(l.Servers)-1 > math.MaxUint16 {
		return "", fmt.Errorf("metrics at %q: give a port above 0 that has room for one of each of %d servers", l.Metrics, len(l.Servers))
	}
	return net.JoinHostPort(host, strconv.Itoa(int(first)+i)), nil
}

// Serve runs the cluster's servers, each a process with its database below dir, until ctx ends. Ready is called once
// all of them listen. A server that ends is not started again: it is a fault to watch the protocol tolerate.
func (l *Local) Serve(ctx context.Context, dir string, log io.Writer, ready func()) (err error) {
	host := testbed.NewLoopback()
	var servers []*control.Client
	defer func() {
		for _, s := range servers {
			err = errors.Join(err, s.Stop())
		}
	}()
	ended := make(chan *control.Client, len(l.Servers))
	for i, addr := range l.Servers {
		p, err := host.Start("server", log)
		if err != nil {
			return fmt.Errorf("start server %d: %w", i+1, err)
		}
		s := control.NewClient(fmt.Sprintf("server %d", i+1), p)
		servers = append(servers, s)
		cfg := node.Config{
			Protocol: l.Protocol, Suite: l.Suite, T: l.T, Index: i, Keys: l.ServerKeys[i], Listen: addr,
			Dir: filepath.Join(dir, fmt.Sprintf("server-%d", i+1)), Durability: l.Durability,
		}
		if cfg.Identity, err = l.credentials(identity.Name{Role: identity.Server, Number: i + 1}); err != nil {
			return err
		}
		if l.Metrics != "" {
			if cfg.Metrics, err = l.MetricsAddress(i); err != nil {
				return err
			}
		}
		if _, err := control.Call(ctx, s, node.StartCall, cfg); err != nil {
			return err
		}
		go func() {
			<-s.Done()
			ended <- s
		}()
	}
	if _, err := control.CallAll(ctx, servers, node.ConnectCall, l.Servers); err != nil {
		return err
	}
	ready()
	for left := len(l.Servers); left > 0; left-- {
		select {
		case s := <-ended:
			fmt.Fprintf(log, "%s has ended; %d of %d servers are left\n", s.Name, left-1, len(l.Servers))
		case <-ctx.Done():
			return nil
		}
	}
	return errors.New("all servers have ended: see what they logged above")
}

// Connect returns a client of the cluster, which has a folder, and what closes it. It is a writer or reader of that name. It does
// not wait for servers: up to t may be down.
func (l *Local) Connect(as identity.Name, log *slog.Logger) (*client.Client, func() error, error) {
	p, err := catalog.ByName(l.Protocol)
	if err != nil {
		return nil, nil, err
	}
	s, err := protocols.SuiteFor(p, l.Suite)
	if err != nil {
		return nil, nil, err
	}
	pid := make([]byte, 8) // unique per incarnation (D5)
	_, _ = rand.Read(pid)  // it never fails
	credentials, err := l.credentials(as)
	if err != nil {
		return nil, nil, err
	}
	own, err := identity.Open(credentials)
	if err != nil {
		return nil, nil, err
	}
	role, keys := protocols.Writer, l.WriterKeys
	if as.Role == identity.Reader {
		role, keys = protocols.Reader, l.ReaderKeys
	}
	links := transport.Dial(transport.ClientConfig{
		Protocol: l.Protocol, Servers: l.Servers, Role: role, Keys: keys.Groups, NewBody: p.NewBody, Identity: own, Log: log,
	})
	issued := client.NewIssued(filepath.Join(l.dir, issuedDir))
	register := protocols.Incarnate(p, protocols.ClientParams{
		T: l.T, PID: binary.BigEndian.Uint64(pid) | 1, Suite: s, Keys: keys, Entropy: rand.Reader, Issued: issued,
	})
	return client.New(links, register, p.Traits(l.T).LyingServers), func() error { return errors.Join(links.Close(), issued.Close()) }, nil
}
