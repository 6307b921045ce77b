package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// newSet makes a result set with n points, of repetitions 1 … n, and returns its folder.
func newSet(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := WriteManifest(dir, Manifest{Experiment: "fig2b", Seed: 7}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		mustAppend(t, dir, Point{Series: Series{Protocol: "mabd"}, Repetition: i + 1})
	}
	return dir
}

func mustAppend(t testing.TB, dir string, p Point) {
	t.Helper()
	if err := Append(dir, p); err != nil {
		t.Fatal(err)
	}
}

func mustRead(t testing.TB, dir string) *Set {
	t.Helper()
	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// repetitions are those of the set's points, in their order.
func repetitions(s *Set) (all []int) {
	for _, p := range s.Points {
		all = append(all, p.Repetition)
	}
	return all
}

// content is what the file of the set holds.
func content(t testing.TB, dir, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func overwrite(t testing.TB, dir, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// set fills every field that v reaches with a value of its own, so that a field that is not written or read back shows.
func set(v reflect.Value, next *int) {
	*next++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			set(v.Field(i), next)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		set(v.Elem(), next)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *next))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*next))
	case reflect.Uint64:
		v.SetUint(1<<63 + uint64(*next)) // beyond what a float64 keeps exactly
	case reflect.Float64:
		v.SetFloat(float64(*next) + 0.1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		set(key, next)
		set(value, next)
		v.SetMapIndex(key, value)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(`{"t":[1]}`)) // raw JSON
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			set(v.Index(i), next)
		}
	default:
		panic("no test value for a " + v.Type().String())
	}
}

func TestPointRoundTrip(t *testing.T) {
	var want Point
	set(reflect.ValueOf(&want).Elem(), new(int))
	dir := newSet(t, 1)
	mustAppend(t, dir, want)
	mustAppend(t, dir, Point{Repetition: 3})
	s := mustRead(t, dir)
	want.Schema = SchemaVersion // Append sets it, whatever the point says
	if got := s.Points[1]; !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v\nwant %+v", got, want)
	}
	if got := repetitions(s); !reflect.DeepEqual(got, []int{1, want.Repetition, 3}) {
		t.Errorf("repetitions %v: the order is that of the appends", got)
	}
	if lines := strings.Count(content(t, dir, PointsFile), "\n"); lines != 3 {
		t.Errorf("3 points take %d lines", lines)
	}
}

func TestManifestRoundTrip(t *testing.T) {
	var want Manifest
	set(reflect.ValueOf(&want).Elem(), new(int))
	dir := t.TempDir()
	if err := WriteManifest(dir, want); err != nil {
		t.Fatal(err)
	}
	want.Schema = SchemaVersion
	got := mustRead(t, dir).Manifest
	got.Config = []byte(strings.Join(strings.Fields(string(got.Config)), "")) // the file is indented
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v\nwant %+v", got, want)
	}
}

func TestNoPointsYet(t *testing.T) {
	if s := mustRead(t, newSet(t, 0)); len(s.Points) != 0 || s.Manifest.Experiment != "fig2b" {
		t.Errorf("a set without points: %+v", s)
	}
}

// A writer that was killed in the middle of a line leaves a part of it. That part is not a point, and the next append
// takes its place.
func TestTornLastLine(t *testing.T) {
	dir := newSet(t, 3)
	whole := content(t, dir, PointsFile)
	rapid.Check(t, func(r *rapid.T) {
		cut := rapid.IntRange(0, len(whole)).Draw(r, "cut")
		overwrite(t, dir, PointsFile, whole[:cut])
		kept := strings.Count(whole[:cut], "\n")
		if got := repetitions(mustRead(t, dir)); len(got) != kept {
			r.Fatalf("points %v of a file cut behind line %d", got, kept)
		}
		mustAppend(t, dir, Point{Repetition: 9})
		got := repetitions(mustRead(t, dir))
		if want := append([]int{1, 2, 3}[:kept:kept], 9); !reflect.DeepEqual(got, want) {
			r.Fatalf("points %v after the next append, want %v", got, want)
		}
	})
}

// A long line is a line: there is no bound such as bufio.Scanner's.
func TestLongLine(t *testing.T) {
	dir := newSet(t, 1)
	mustAppend(t, dir, Point{Repetition: 2, Histogram: strings.Repeat("h", 1<<20)})
	overwrite(t, dir, PointsFile, content(t, dir, PointsFile)+strings.Repeat("{", 1<<20))
	mustAppend(t, dir, Point{Repetition: 3})
	if got := repetitions(mustRead(t, dir)); !reflect.DeepEqual(got, []int{1, 2, 3}) {
		t.Errorf("points %v", got)
	}
}

// Schema versions tell which fields there are; within one, a field that this reader does not know is passed over.
func TestUnknownFieldsArePassedOver(t *testing.T) {
	dir := newSet(t, 1)
	for _, file := range []string{ManifestFile, PointsFile} {
		overwrite(t, dir, file, strings.Replace(content(t, dir, file), "{", `{"weather":{"rain":[1]},`, 1))
	}
	if s := mustRead(t, dir); s.Manifest.Seed != 7 || s.Points[0].Protocol != "mabd" {
		t.Errorf("beside unknown fields: %+v", s)
	}
}

func TestReadRefuses(t *testing.T) {
	version := fmt.Sprintf(`"schema":%d`, SchemaVersion)
	other := fmt.Sprintf(`"schema":%d`, SchemaVersion+1)
	points := func(text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { overwrite(t, dir, PointsFile, text) }
	}
	manifest := func(text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { overwrite(t, dir, ManifestFile, text) }
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  []string // in the error
	}{
		"another schema": {manifest("{" + other + "}"), []string{
			ManifestFile, fmt.Sprintf("schema version %d", SchemaVersion+1), fmt.Sprintf("reads version %d", SchemaVersion),
			"use the powbench that wrote them",
		}},
		"no schema":             {manifest("{}"), []string{ManifestFile, "schema version 0"}},
		"no JSON":               {manifest("experiment: x"), []string{ManifestFile, "invalid character"}},
		"a point of another":    {points("{" + version + "}\n{" + other + "}\n"), []string{PointsFile + ":2", "version"}},
		"a line that is no one": {points("{" + version + "}\n\n"), []string{PointsFile + ":2", "unexpected end"}},
		"a field of other type": {points(`{"ops":"many"}` + "\n"), []string{PointsFile + ":1", "ops"}},
		"a folder for points":   {mkdirPoints, []string{PointsFile, "is a directory"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newSet(t, 0)
			c.spoil(t, dir)
			err := readAll(dir)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range append(c.want, dir) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want %q in it", err, want)
				}
			}
		})
	}
}

// readAll says what is wrong with a set, its garbled lines included.
func readAll(dir string) error {
	s, err := Read(dir)
	if s != nil {
		err = errors.Join(append(s.Garbled, err)...)
	}
	return err
}

func mkdirPoints(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, PointsFile), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestNoManifest(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		_, err := Read(dir)
		if want := dir + ": no manifest.json there: name the folder"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read: %v, want %s", err, want)
		}
	}
}

func TestAppendNeedsAFolder(t *testing.T) {
	if err := Append(filepath.Join(t.TempDir(), "none"), Point{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Append: %v", err)
	}
}

// The manifest is replaced whole: whoever has the old one open still reads all of it, and a replacement that fails
// leaves it as it is.
func TestWriteManifestIsAtomic(t *testing.T) {
	dir := newSet(t, 0)
	old := content(t, dir, ManifestFile)
	open, err := os.Open(filepath.Join(dir, ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := WriteManifest(dir, Manifest{Config: []byte("{broken")}); err == nil {
		t.Error("a manifest that is no JSON was written")
	}
	if got := content(t, dir, ManifestFile); got != old {
		t.Errorf("after a failed replacement: %s", got)
	}
	if err := WriteManifest(dir, Manifest{Experiment: "new"}); err != nil {
		t.Fatal(err)
	}
	read := make([]byte, len(old)+1)
	if n, _ := open.Read(read); string(read[:n]) != old {
		t.Errorf("the old file changed under its reader: %q", read[:n])
	}
	if got := mustRead(t, dir).Manifest.Experiment; got != "new" {
		t.Errorf("experiment %q after the replacement", got)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("files %v, want the manifest alone", files)
	}
}

// A garbled line costs what it measured and nothing else; it can be set aside, and is kept.
func TestGarbledLines(t *testing.T) {
	dir := t.TempDir()
	if err := WriteManifest(dir, Manifest{Experiment: "x"}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, PointsFile)
	for i, seed := range []uint64{1, 2} {
		if err := Append(dir, Point{Seed: seed}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString("{\"seed\": garbage}\n"); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	s, err := Read(dir)
	if err != nil || len(s.Points) != 2 || len(s.Garbled) != 1 || !strings.Contains(s.Garbled[0].Error(), PointsFile+":2: ") {
		t.Fatalf("%d points, garbled %v, %v", len(s.Points), s.Garbled, err)
	}
	for _, want := range []int{1, 0} {
		if moved, err := SetAside(dir); err != nil || moved != want {
			t.Errorf("%d lines set aside, want %d: %v", moved, want, err)
		}
	}
	if s, err = Read(dir); err != nil || len(s.Points) != 2 || len(s.Garbled) != 0 {
		t.Errorf("%d points, garbled %v, %v", len(s.Points), s.Garbled, err)
	}
	if kept, err := os.ReadFile(path + GarbledSuffix); err != nil || string(kept) != "{\"seed\": garbage}\n" {
		t.Errorf("set aside: %q, %v", kept, err)
	}
}
