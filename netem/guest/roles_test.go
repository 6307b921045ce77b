package guest

import (
	"context"
	"encoding/gob"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// roleVariable makes the test binary another program.
const roleVariable = "GUEST_TEST_ROLE"

func TestMain(m *testing.M) {
	Init()
	switch os.Getenv(roleVariable) {
	case "look":
		must(gob.NewEncoder(os.Stdout).Encode(look()))
	case "netem":
		must(addNetem())
	case "caller":
		caller()
	default:
		os.Exit(m.Run())
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A view is what a process sees of its surroundings.
type view struct {
	Args     []string
	Odd      string // an environment variable
	Dir      string
	Release  string
	User     int
	Unix     int64 // the clock, in seconds
	Loopback bool
	Terminal bool
}

func look() view {
	v := view{Args: os.Args[1:], Odd: os.Getenv("ODD"), Release: Current(), User: os.Getuid(), Unix: time.Now().Unix()}
	v.Dir, _ = os.Getwd()
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_, err := net.Dial("tcp", l.Addr().String())
		v.Loopback = err == nil
	}
	out, err := os.Stdout.Stat()
	v.Terminal = err != nil || out.Mode()&os.ModeCharDevice != 0
	return v
}

// addNetem gives a link a delay.
func addNetem() error {
	link := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "a"}, PeerName: "b"}
	if err := netlink.LinkAdd(link); err != nil {
		return fmt.Errorf("veth: %w", err)
	}
	attrs := netlink.QdiscAttrs{LinkIndex: link.Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}
	delay := netlink.NewNetem(attrs, netlink.NetemQdiscAttrs{Latency: 20_000, Jitter: 4_000})
	if err := netlink.QdiscAdd(delay); err != nil {
		return fmt.Errorf("netem: %w", err)
	}
	return nil
}

// caller runs a guest that does not end by itself.
func caller() {
	k, err := Find()
	must(err)
	_, err = Run(context.Background(), k, Command{
		Args: []string{"/bin/sh", "-c", "sleep 600 & echo ready; wait"}, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	must(err)
}
