package study

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// openSet makes the folder of a new set, or opens that of the latest to continue it.
func (b *Bench) openSet(o Options) (err error) {
	root := filepath.Join(o.Results, b.study.Manifest.Experiment)
	b.earlier = Earlier{Attempts: map[string]int{}, Done: map[string]bool{}}
	if o.Resume {
		err = b.reopen(filepath.Join(root, result.LatestLink))
	} else {
		err = b.create(root)
	}
	if err != nil {
		return err
	}
	if b.lock == nil {
		if b.lock, err = lock(b.Dir); err != nil {
			return err
		}
	}
	if b.study.Testbed != nil {
		for _, sub := range []string{result.HistoryDir, result.LogDir} {
			if err := os.MkdirAll(filepath.Join(b.Dir, sub), 0o755); err != nil {
				return err
			}
		}
	}
	if err := b.SaveManifest(); err != nil {
		return err
	}
	return replaceLink(filepath.Join(root, result.LatestLink), filepath.Base(b.Dir))
}

// create makes the folder of a set that begins now, below that of its study.
func (b *Bench) create(root string) error {
	now := time.Now().UTC()
	b.Dir = filepath.Join(root, now.Format("20060102T150405Z"))
	b.Manifest = b.study.Manifest
	b.Manifest.Started = now.Format(time.RFC3339)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	err := os.Mkdir(b.Dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: another run began there this second; try again", b.Dir)
	}
	return err
}

// reopen continues the set behind the link. Its configuration must be the same, and the build: lines of two do not mix.
func (b *Bench) reopen(latest string) error {
	target, err := os.Readlink(latest)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: nothing to resume: %s does not exist; run without --resume", ErrUsage, latest)
	} else if err != nil {
		return err
	}
	b.Dir = filepath.Join(filepath.Dir(latest), target)
	if b.lock, err = lock(b.Dir); err != nil {
		return err
	}
	if n, err := result.SetAside(b.Dir); err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	} else if n > 0 {
		b.Note(fmt.Sprintf("%d garbled lines are set aside in files *%s: what they measured is measured again", n, result.GarbledSuffix))
	}
	set, err := result.Read(b.Dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	var old, now any
	if err := errors.Join(json.Unmarshal(set.Manifest.Config, &old), json.Unmarshal(b.study.Manifest.Config, &now)); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(b.Dir, result.ManifestFile), err)
	}
	if !reflect.DeepEqual(old, now) {
		return fmt.Errorf("%w: %s was measured with another configuration than %s holds now: "+
			"restore it (and --quick, if that run had it), or run without --resume", ErrUsage, b.Dir, b.study.Manifest.ConfigFile)
	}
	if began, is := set.Manifest.Version, version(); began.PoWBench != "" && !reflect.DeepEqual(began, is) {
		return fmt.Errorf("%w: %s was begun by another build, %v; this is %v, which may count in another way: "+
			"continue with that build, or run without --resume to begin a new set", ErrUsage, b.Dir, began, is)
	}
	if set.Manifest.Profiled != b.study.Manifest.Profiled {
		return fmt.Errorf("%w: profiles take time, so points with and without do not mix: give or leave out --profile as "+
			"when %s was begun, or run without --resume", ErrUsage, b.Dir)
	}
	b.Manifest, b.earlier = set.Manifest, b.study.Earlier(set)
	return nil
}

// lock keeps others from writing into the set while this process does. It holds until the folder that it returns is closed, or
// the process ends, however it does.
func lock(dir string) (*os.File, error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = folder.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: another run is writing into %s: wait for its end, or run without --resume to begin a new set",
				ErrUsage, dir)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return folder, nil
}

// replaceLink points the link at the target, whatever it pointed at.
func replaceLink(link, target string) error {
	tmp := link + ".tmp"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, link)
}

// describe writes build, machine and testbed into the manifest.
func (b *Bench) describe() (err error) {
	b.Manifest.Version = version()
	if b.Manifest.Outside, err = testbed.Outside(); err != nil {
		return err
	}
	if b.Testbed == nil {
		b.Manifest.Machine, err = testbed.Machine(b.Dir)
	} else {
		b.Manifest.Testbed = b.Testbed.Describe()
		b.Manifest.Machine, err = b.Testbed.Machine()
	}
	return cmp.Or(err, b.SaveManifest())
}

// Systems is how results name the systems, and the order that figures put them in.
func Systems(all []protocols.Protocol) map[string]result.System {
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

// loadLibraries are the modules whose versions belong to a result.
var loadLibraries = []string{
	"github.com/cockroachdb/pebble/v2",
	"github.com/hashicorp/go-msgpack/v2",
	"github.com/klauspost/reedsolomon",
	"github.com/HdrHistogram/hdrhistogram-go",
	"github.com/vishvananda/netlink",
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

// calibrations is how often a strict testbed is measured before it is refused. Waiting for a busy machine to calm down
// costs minutes; a run that ends here, perhaps in the middle of the night, costs more.
const calibrations = 12

// calibrate measures the network. A strict testbed that is off is refused, but not at once: other work may be taking the
// CPU away for a while.
func (b *Bench) calibrate(ctx context.Context) error {
	if b.Testbed == nil {
		return nil
	}
	if err := b.Testbed.KeepAwake(); err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		before, err := b.Testbed.Calibrate(ctx, b.Note)
		if err != nil {
			return err
		}
		tb := &b.Manifest.Testbed
		tb.Before, tb.DelaysBefore, tb.TripsBefore = before.Links, before.Delays, before.Trips
		switch {
		case before.Off == "":
			return b.SaveManifest()
		case !b.study.Strict:
			b.Note("WARNING: " + before.Off + ": throughputs of this run say little")
			return b.SaveManifest()
		case attempt == calibrations:
			return fmt.Errorf("%s: stop what else loads this machine and try again with --resume", before.Off)
		}
		b.Note(before.Off + ": once more")
		if err := clock.Sleep(ctx, CalmDown); err != nil {
			return err
		}
	}
}
