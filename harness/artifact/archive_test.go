package artifact

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
)

// An archive has what make test needs and the documents quote. The same commit makes the same bytes, whatever the user's configuration.
func TestArchive(t *testing.T) {
	commit, _, err := Commit(t.Context(), root)
	if err != nil {
		t.Skipf("skipped: %s: no clone: %v", t.Name(), err)
	}
	archive := func() []byte {
		var b bytes.Buffer
		if err := Archive(t.Context(), root, commit, &b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := archive()
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "tar.umask")
	t.Setenv("GIT_CONFIG_VALUE_0", "0077")
	if !bytes.Equal(first, archive()) {
		t.Error("two archives of a commit differ")
	}
	names := unpacked(t, first)
	for _, want := range []string{"go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "CITATION.cff", reference + "/lan/fig2b/points.jsonl"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not in the archive", want)
		}
	}
}

// unpacked is the files of the tarball below its one folder.
func unpacked(t *testing.T, archive []byte) (names []string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() || z.Name != "" {
		t.Errorf("it says when it was compressed, or what: %v, %q", z.ModTime, z.Name)
	}
	folder := ""
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		top, name, _ := strings.Cut(path.Clean(h.Name), "/")
		if folder == "" {
			folder = top
		}
		if top != folder || h.Uid != 0 || h.Gid != 0 {
			t.Errorf("%s: beside %s, or owned by %d:%d", h.Name, folder, h.Uid, h.Gid)
		}
		names = append(names, name)
	}
}

func TestCommitOfNoClone(t *testing.T) {
	if _, _, err := Commit(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "name a clone of the repository by --root") {
		t.Errorf("error %v", err)
	}
}
