package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
)

// openSet makes the folder of a new result set, or opens that of the latest run to continue it.
func (r *runner) openSet() error {
	config, err := json.Marshal(r.experiment)
	if err != nil {
		return err
	}
	root := filepath.Join(r.Results, r.experiment.Name)
	if r.Resume {
		err = r.reopen(filepath.Join(root, result.LatestLink), config)
	} else {
		err = r.create(root, config)
	}
	if err != nil {
		return err
	}
	return furnish(r.dir)
}

// furnish makes the folders of a result set and points the latest link at it.
func furnish(dir string) error {
	for _, sub := range []string{result.HistoryDir, result.LogDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	return replaceLink(filepath.Join(filepath.Dir(dir), result.LatestLink), filepath.Base(dir))
}

// newSetDir makes the folder of a run that begins now, below that of its experiment.
func newSetDir(root string, now time.Time) (string, error) {
	dir := filepath.Join(root, now.Format("20060102T150405Z"))
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%s exists: another run began there this second; try again", dir)
	}
	return dir, err
}

func (r *runner) create(root string, config json.RawMessage) (err error) {
	now := time.Now().UTC()
	if r.dir, err = newSetDir(root, now); err != nil {
		return err
	}
	r.manifest = result.Manifest{
		Experiment: r.experiment.Name, Title: r.experiment.Title, Figure: r.experiment.Figure,
		Started: now.Format(time.RFC3339), Seed: r.experiment.Seed, Quick: r.Quick,
		Config: config, ConfigFile: r.ConfigFile,
	}
	return nil
}

// reopen continues the run behind the link. Its configuration must be the same: points of two do not mix.
func (r *runner) reopen(latest string, config json.RawMessage) error {
	target, err := os.Readlink(latest)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: nothing to resume: %s does not exist; run without --resume", ErrUsage, latest)
	} else if err != nil {
		return err
	}
	r.dir = filepath.Join(filepath.Dir(latest), target)
	set, err := result.Read(r.dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	var old, now any
	if err := errors.Join(json.Unmarshal(set.Manifest.Config, &old), json.Unmarshal(config, &now)); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.dir, result.ManifestFile), err)
	}
	if !equalJSON(old, now) {
		return fmt.Errorf("%w: %s was measured with another configuration than %s holds now: "+
			"restore it (and --quick, if that run had it), or run without --resume", ErrUsage, r.dir, r.ConfigFile)
	}
	r.manifest = set.Manifest
	r.attempts, r.done = make(map[string]int), make(map[string]bool)
	for _, p := range set.Points {
		name := runName(runOf(p), p.Clients)
		r.attempts[name] = max(r.attempts[name], p.Attempt)
		r.done[name] = r.done[name] || !p.Disturbed()
		r.count(p)
	}
	return nil
}

func equalJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
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

func (r *runner) saveManifest() error { return result.WriteManifest(r.dir, r.manifest) }

// runOf is the run that a point belongs to.
func runOf(p result.Point) experiment.Run {
	return experiment.Run{Cell: result.Cell{Series: p.Series, Load: p.Load}, Repetition: p.Repetition}
}
