package netem

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// What keeps a testbed from being laid out. The error that wraps one names the remedy.
var (
	// ErrNotPermitted: this process may not, the kernel could.
	ErrNotPermitted = errors.New("not permitted")
	// ErrUnsupported: the kernel lacks a feature, for anyone.
	ErrUnsupported = errors.New("the kernel lacks it")
)

const permissionRemedy = "run as root, or allow user namespaces " +
	"(sysctl -w user.max_user_namespaces=15000 user.max_net_namespaces=15000; " +
	"on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0; " +
	"in a container start it with --privileged)"

// explain tells "may not" from "cannot". option and module are what the kernel needs; module may be empty.
func explain(err error, option, module string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.EROFS),
		errors.Is(err, unix.ENOSPC): // the answer when the number of namespaces is limited, also to 0
		return fmt.Errorf("%w (%w): %s", ErrNotPermitted, err, permissionRemedy)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENODEV),
		errors.Is(err, unix.EINVAL):
		remedy := "boot a kernel with " + option
		if module != "" {
			remedy = "load it with 'modprobe " + module + "', or " + remedy
		}
		return fmt.Errorf("%w (%w): %s", ErrUnsupported, err, remedy)
	}
	return err
}

// explainNetEm adds where NetEm is to be had: it is an optional module, and often in a package of its own.
func explainNetEm(err error) error {
	if err = explain(err, "CONFIG_NET_SCH_NETEM", "sch_netem"); errors.Is(err, ErrUnsupported) {
		return fmt.Errorf("NetEm: %w; the module is in linux-modules-extra-… (Ubuntu) or kernel-modules-extra (Fedora); "+
			"without it, run in the guest kernel", err)
	}
	return err
}
