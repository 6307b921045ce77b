package artifact

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Commit is the commit of the repository at root that Archive archives, and whether files differ from it.
func Commit(ctx context.Context, root string) (id string, changed bool, err error) {
	if id, err = git(ctx, root, "rev-parse", "HEAD"); err != nil {
		return "", false, err
	}
	changes, err := git(ctx, root, "status", "--porcelain")
	return id, changes != "", err
}

// Archive writes that commit of the repository at root as a compressed tarball, below one folder that is named after the commit. The
// same commit yields the same bytes: git sorts the names, gives all files the commit's time and root as their owner, and leaves out
// what is not committed; the permissions that it would take from the user's configuration are fixed, and nothing says when the
// tarball was compressed.
func Archive(ctx context.Context, root, commit string, w io.Writer) error {
	c := exec.CommandContext(ctx, "git", "-c", "tar.umask=0022", "archive", "--format=tar",
		"--prefix=powbench-"+commit[:min(len(commit), 12)]+"/", commit)
	c.Dir = root
	var problem bytes.Buffer
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	c.Stdout, c.Stderr = z, &problem
	if err := c.Run(); err != nil {
		return fmt.Errorf("git archive in %s: %w: %s", root, err, strings.TrimSpace(problem.String()))
	}
	return z.Close()
}

// git is what git prints in the repository at root, without the last line's end.
func git(ctx context.Context, root string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir = root
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		detail := ""
		if errors.As(err, &exit) {
			detail = strings.TrimSpace(string(exit.Stderr))
		}
		return "", fmt.Errorf("git %s in %s: %s: name a clone of the repository by --root", args[0], root, cmp.Or(detail, err.Error()))
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}
