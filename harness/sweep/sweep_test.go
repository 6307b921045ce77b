package sweep

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// example is a sweep of one seed.
func example(t *testing.T) *sweep {
	t.Helper()
	values := []reflect.Value{reflect.ValueOf(uint8(7)), reflect.ValueOf("text"), reflect.ValueOf([]byte("bytes"))}
	return &sweep{seeds: [][]reflect.Value{values}, random: rand.New(rand.NewPCG(1, 0))}
}

// wanted has the target below fail.
const wanted = "SWEEP_FAILS"

// FuzzExample is a target of all kinds of arguments, which fails where it is told to.
func FuzzExample(f *testing.F) {
	f.Add(uint8(7), "text", []byte("bytes"))
	f.Add(uint8(200), "", []byte{})
	Fuzz(f, func(t testing.TB, n uint8, text string, data []byte) {
		switch how := os.Getenv(wanted); {
		case how == "" || n != 7 || text != "text" || bytes.Equal(data, []byte("bytes")):
		case how == "fatal":
			t.Fatal("data changed")
		case how == "panic":
			panic("data changed")
		}
	})
}

// An input that fails is kept, fails again as a seed, and the sweep ends with it.
func TestFailuresAreKept(t *testing.T) {
	for _, how := range []string{"fatal", "panic"} {
		dir := t.TempDir()
		run := func(flags ...string) string {
			c := exec.Command(os.Args[0], append([]string{"-test.run=^FuzzExample$", "-test.v"}, flags...)...)
			c.Dir, c.Env = dir, append(os.Environ(), wanted+"="+how)
			out, err := c.CombinedOutput()
			if err == nil {
				t.Errorf("%s: the target passes: %s", how, out)
			}
			return string(out)
		}
		if out := run("-sweep=10000"); !strings.Contains(out, "data changed") || !strings.Contains(out, "the input that failed is in") {
			t.Errorf("%s: %s", how, out)
		}
		kept, _ := filepath.Glob(filepath.Join(dir, "testdata/fuzz/FuzzExample/*"))
		if len(kept) != 1 {
			t.Fatalf("%s: %d inputs are kept, want 1", how, len(kept))
		}
		if out := run("-sweep=0"); !strings.Contains(out, filepath.Base(kept[0])) {
			t.Errorf("%s: the input that was kept is no seed: %s", how, out)
		}
	}
}

// Of a seed a sweep makes different inputs, none much longer, the same ones each time, and leaves the seed as it is.
func TestInputs(t *testing.T) {
	const n = 2000
	made := map[string]int{}
	for range 2 {
		s := example(t)
		for range n {
			args := s.input()
			if text := args[1].String(); len(text) > 2*len("text")+grows {
				t.Fatalf("%q is made of %q", text, "text")
			}
			made[string(rune(args[0].Uint()))+"\x00"+args[1].String()+"\x00"+string(args[2].Bytes())]++
		}
		if got := string(s.seeds[0][2].Bytes()); got != "bytes" {
			t.Fatalf("the seed has become %q", got)
		}
	}
	for input, times := range made {
		if times%2 != 0 {
			t.Fatalf("%q is made %d times in two equal sweeps", input, times)
		}
	}
	if len(made) < n/2 {
		t.Errorf("%d different inputs of %d", len(made), n)
	}
}
