package harness

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// loadLibraries are the modules whose versions belong to a result.
var loadLibraries = []string{
	"github.com/cockroachdb/pebble/v2",
	"github.com/hashicorp/go-msgpack/v2",
	"github.com/klauspost/reedsolomon",
	"github.com/HdrHistogram/hdrhistogram-go",
	"github.com/vishvananda/netlink",
}

func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// describe writes down build and machine and sets up the progress.
func (r *runner) describe() (err error) {
	if err := describe(&r.manifest, r.scratch.dir); err != nil {
		return err
	}
	var measured []protocols.Protocol
	for _, c := range r.experiment.Cells() {
		p, err := catalog.ByName(c.Protocol)
		if err != nil {
			return err
		}
		measured = append(measured, p)
	}
	r.manifest.Systems = systems(measured)
	estimate, err := r.experiment.Estimate()
	if err != nil {
		return err
	}
	total, finished := r.steps()
	share := float64(total-finished) / float64(total)
	r.progress = &progress{
		out: r.Progress, name: r.experiment.Name, total: total, finished: finished, todo: total - finished,
		expected: time.Duration(share * float64(estimate.Total())), started: time.Now(),
	}
	r.progress.note(fmt.Sprintf("%d runs into %s, about %v", total-finished, r.dir, r.progress.left()))
	return r.saveManifest()
}

// describe writes build and machine into the manifest; dir is where the databases lie.
func describe(m *result.Manifest, dir string) (err error) {
	m.Version = version()
	if m.Machine, err = machine(dir); err != nil {
		return err
	}
	m.Outside, err = outside()
	return err
}

// systems is how results name the systems, and the order that figures put them in.
func systems(all []protocols.Protocol) map[string]result.System {
	systems := map[string]result.System{}
	for _, p := range all {
		traits := p.Traits(1)
		order := slices.Index(catalog.Names(), traits.Name)
		if order < 0 {
			order = len(catalog.Names())
		}
		systems[traits.System()] = result.System{
			Protocol: traits.Name, Variant: traits.Variant, Title: traits.Title, Order: 1 + order,
		}
	}
	return systems
}

// steps counts the run's searches and runs, and those of them that an earlier start has finished.
func (r *runner) steps() (total, finished int) {
	count := func(done bool) {
		total++
		if done {
			finished++
		}
	}
	for _, c := range r.experiment.Cells() {
		if c.Clients == 0 {
			count(r.clientsFor(c) != 0)
		}
	}
	for _, run := range r.experiment.Schedule() {
		count(r.done[runName(run, r.clientsFor(run.Cell))])
	}
	return total, finished
}

// outsideVariable tells a run in a guest what machine runs the guest.
const outsideVariable = "POWBENCH_OUTSIDE"

// OutsideEnv is what the environment of a run in a guest needs beside its own: what this machine is. dir is where the
// databases will lie.
func OutsideEnv(dir string) (string, error) {
	m, err := machine(dir)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(m)
	return outsideVariable + "=" + string(text), err
}

// outside is what OutsideEnv told, or nil outside guests.
func outside() (*result.Machine, error) {
	text := os.Getenv(outsideVariable)
	if text == "" {
		return nil, nil
	}
	m := new(result.Machine)
	if err := json.Unmarshal([]byte(text), m); err != nil {
		return nil, fmt.Errorf("%s: %w", outsideVariable, err)
	}
	return m, nil
}

// version reads what the linker knows of this build.
func version() result.Version {
	v := result.Version{PoWBench: "unknown", Go: runtime.Version(), Modules: map[string]string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.PoWBench = s.Value
		case "vcs.modified":
			v.Dirty = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		if slices.Contains(loadLibraries, m.Path) {
			v.Modules[m.Path] = m.Version
		}
	}
	return v
}

// machine reads what this machine is; dir is where the databases lie.
func machine(dir string) (result.Machine, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return result.Machine{}, fmt.Errorf("uname: %w", err)
	}
	meminfo, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return result.Machine{}, err
	}
	kib, err := procField(meminfo, "MemTotal:")
	if err != nil {
		return result.Machine{}, err
	}
	return result.Machine{
		Kernel: unix.ByteSliceToString(u.Release[:]), CPU: cpuModel(), Cores: runtime.NumCPU(),
		MemoryMiB: kib / 1024, DataDisk: fileSystem(dir),
	}, nil
}

func cpuModel() string {
	data, _ := os.ReadFile("/proc/cpuinfo") // absent on some architectures; the model is then unknown
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// fileSystems names the magic numbers of statfs(2) that databases are likely to lie on.
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs",
	unix.TMPFS_MAGIC: "tmpfs (memory, not a disk)", unix.OVERLAYFS_SUPER_MAGIC: "overlayfs", unix.NFS_SUPER_MAGIC: "nfs",
	0x00c0ffee: "hostfs (the file system outside the guest)",
}

// fileSystem names the file system that dir lies on, with its size.
func fileSystem(dir string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "unknown"
	}
	name, ok := fileSystems[s.Type]
	if !ok {
		name = fmt.Sprintf("type %#x (known: %v)", s.Type, slices.Sorted(maps.Values(fileSystems)))
	}
	return fmt.Sprintf("%s, %d GiB, %d GiB free", name, s.Blocks*uint64(s.Bsize)>>30, s.Bavail*uint64(s.Bsize)>>30)
}
