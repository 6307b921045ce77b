// Package sweep gives fuzz targets millions of inputs: Go's fuzzer watches which code each runs, which makes it choose well, and takes
// a quarter of a millisecond for each. A sweep watches nothing and changes the target's seeds at random, as fast as the target is.
//
// It imports nothing of ours; tests import it.
package sweep

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	inputs = flag.Int("sweep", 100, "inputs that each fuzz target gets besides its seeds, made from them; 0 for none")
	seed   = flag.Uint64("sweep.seed", 1, "which inputs those are")
)

// Fuzz is f.Fuzz(check), and then a sweep over the seeds of f, unless Go's fuzzer is at work. The check is a function of a testing.TB
// and what f.Add adds: numbers of eight bits, strings and bytes. An input that fails it is kept among the target's seeds.
func Fuzz(f *testing.F, check any) {
	f.Helper()
	target := reflect.ValueOf(check)
	in := []reflect.Type{reflect.TypeFor[*testing.T]()}
	for i := 1; i < target.Type().NumIn(); i++ {
		in = append(in, target.Type().In(i))
	}
	s := sweep{f: f, target: target, random: rand.New(rand.NewPCG(*seed, 0))}
	f.Fuzz(reflect.MakeFunc(reflect.FuncOf(in, nil, false), func(args []reflect.Value) []reflect.Value {
		s.seeds = append(s.seeds, args[1:])
		return target.Call(args)
	}).Interface())
	if flag.Lookup("test.fuzz").Value.String() == "" && len(s.seeds) > 0 && !f.Failed() {
		s.run(*inputs)
	}
}

// A sweep is one in progress.
type sweep struct {
	f      *testing.F
	target reflect.Value
	seeds  [][]reflect.Value
	random *rand.Rand
}

// run checks so many inputs, until one fails.
func (s *sweep) run(inputs int) {
	s.f.Helper()
	began := time.Now()
	for n := range inputs {
		if s.check(s.input()); s.f.Failed() {
			s.f.Logf("input %d of -sweep.seed %d", n+1, *seed)
			return
		}
	}
	s.f.Logf("%d inputs in %.1f s", inputs, time.Since(began).Seconds())
}

// check checks an input. If that fails, or panics, the input is kept.
func (s *sweep) check(args []reflect.Value) {
	s.f.Helper()
	passed := false
	defer func() {
		if !passed || s.f.Failed() {
			s.keep(args)
		}
	}()
	s.target.Call(append([]reflect.Value{reflect.ValueOf(s.f)}, args...))
	passed = true
}

// keep writes the input where Go's fuzzer would, in its form, so that the target is tested with it from now on.
func (s *sweep) keep(args []reflect.Value) {
	s.f.Helper()
	var text strings.Builder
	text.WriteString("go test fuzz v1\n")
	for _, a := range args {
		switch {
		case a.Kind() == reflect.Uint8:
			fmt.Fprintf(&text, "byte(%q)\n", rune(a.Uint()))
		case a.Kind() == reflect.String:
			fmt.Fprintf(&text, "string(%q)\n", a.String())
		default:
			fmt.Fprintf(&text, "[]byte(%q)\n", a.Bytes())
		}
	}
	file := filepath.Join("testdata", "fuzz", s.f.Name(), fmt.Sprintf("%x", sha256.Sum256([]byte(text.String())))[:16])
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.f.Error(err)
	} else if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		s.f.Error(err)
	}
	s.f.Logf("the input that failed is in %s", file)
}

// input is a seed with one argument changed, or more.
func (s *sweep) input() []reflect.Value {
	chosen := s.seeds[s.random.IntN(len(s.seeds))]
	args := make([]reflect.Value, len(chosen))
	copy(args, chosen)
	for again := true; again; again = s.random.IntN(3) == 0 {
		i := s.random.IntN(len(args))
		args[i] = s.changed(args[i], i)
	}
	return args
}

// changed is the i-th argument, changed.
func (s *sweep) changed(arg reflect.Value, i int) reflect.Value {
	fresh := reflect.New(arg.Type()).Elem()
	switch arg.Kind() {
	case reflect.Uint8:
		fresh.SetUint(uint64(s.random.UintN(256)))
	case reflect.String:
		fresh.SetString(string(s.bytes([]byte(arg.String()), func(o reflect.Value) []byte { return []byte(o.String()) }, i)))
	default:
		fresh.SetBytes(s.bytes(arg.Bytes(), reflect.Value.Bytes, i))
	}
	return fresh
}

// grows is by how much, in bytes, an input may be longer than twice its seed.
const grows = 64

// bytes are the text changed in a few places; of is the i-th argument of another seed.
func (s *sweep) bytes(text []byte, of func(reflect.Value) []byte, i int) []byte {
	longest := 2*len(text) + grows
	text = append([]byte(nil), text...)
	for again := true; again; again = s.random.IntN(2) == 0 {
		other := of(s.seeds[s.random.IntN(len(s.seeds))][i])
		if text = s.change(text, other); len(text) > longest {
			text = text[:longest]
		}
	}
	return text
}

// telling are bytes at which formats turn: bounds of numbers, the codes of msgpack, and what texts are made of.
const telling = "\x00\x01\x7f\x80\x90\x91\xa0\xc0\xc2\xc4\xc6\xcf\xd9\xdc\xdd\xdf\xe0\xff\n\r\t \"'\\()[]{}<>,:;#-+.0129eE%"

// change changes the text in one place, where it may be given a piece of another.
func (s *sweep) change(text, other []byte) []byte {
	from, to := s.span(len(text))
	piece := text[from:to:to]
	if a, b := s.span(len(other)); s.random.IntN(2) == 0 {
		piece = other[a:b:b]
	}
	switch how := s.random.IntN(8); {
	case how == 0: // a piece goes
		return append(text[:from:from], text[to:]...)
	case how == 1: // another one comes
		return append(text[:from:from], append(piece, text[from:]...)...)
	case how == 2: // in its place
		return append(text[:from:from], append(piece, text[to:]...)...)
	case how == 3 || len(text) == 0: // a byte comes
		return append(text[:from:from], append([]byte{s.byte()}, text[from:]...)...)
	case how == 4: // the end goes
		return text[:from]
	}
	at := s.random.IntN(len(text))
	switch s.random.IntN(3) {
	case 0:
		text[at] ^= 1 << s.random.IntN(8)
	case 1:
		text[at] += byte(s.random.IntN(5)) - 2
	default:
		text[at] = s.byte()
	}
	return text
}

// span is a part of so many bytes, mostly a short one.
func (s *sweep) span(n int) (from, to int) {
	from = s.random.IntN(n + 1)
	longest := n - from
	if s.random.IntN(4) > 0 {
		longest = min(longest, 16)
	}
	return from, from + s.random.IntN(longest+1)
}

func (s *sweep) byte() byte {
	if s.random.IntN(2) == 0 {
		return telling[s.random.IntN(len(telling))]
	}
	return byte(s.random.UintN(256))
}
