package explore

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// A fingerprint stands for a value's content: equal contents have equal fingerprints, in every process.
type fingerprint [16]byte

// digest takes contents in and makes their fingerprint.
type digest struct {
	hash.Hash
	seen map[uintptr]int // pointers, by the order in which they were met
}

func newDigest() *digest { return &digest{Hash: sha256.New()} }

func (d *digest) sum() (f fingerprint) {
	var full [sha256.Size]byte
	copy(f[:], d.Hash.Sum(full[:0]))
	return f
}

func (d *digest) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	d.Write(b[:])
}

func (d *digest) bytes(b []byte) {
	d.number(uint64(len(b)))
	d.Write(b)
}

// deep takes in all that can be reached from the value, unexported fields included: two operations alike in this behave
// alike. Of functions it sees the name alone, of primitives their type: they hold no state but keys, which do not change
// while clients live.
func (d *digest) deep(v reflect.Value) {
	if !v.IsValid() {
		d.number(0)
		return
	}
	d.number(uint64(v.Kind()))
	if opaque(v.Type()) {
		d.bytes([]byte(v.Type().String()))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		d.flag(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.number(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		d.number(v.Uint())
	case reflect.Float32, reflect.Float64:
		d.number(math.Float64bits(v.Float()))
	case reflect.String:
		d.bytes([]byte(v.String()))
	case reflect.Func:
		d.function(v)
	case reflect.Interface:
		d.dynamic(v)
	case reflect.Pointer:
		if !v.IsNil() && d.first(v.Pointer()) {
			d.deep(v.Elem())
		}
	case reflect.Slice:
		d.flag(v.IsNil())
		d.list(v)
	case reflect.Array:
		d.list(v)
	case reflect.Map:
		d.table(v)
	case reflect.Struct:
		for i := range v.NumField() {
			d.deep(v.Field(i))
		}
	default:
		panic("explore: a " + v.Type().String() + " in a participant: protocols are pure")
	}
}

func (d *digest) flag(b bool) {
	if b {
		d.number(1)
	} else {
		d.number(2)
	}
}

func (d *digest) function(v reflect.Value) {
	if !v.IsNil() {
		d.bytes([]byte(runtime.FuncForPC(v.Pointer()).Name()))
	}
}

func (d *digest) dynamic(v reflect.Value) {
	if !v.IsNil() {
		d.bytes([]byte(v.Elem().Type().String()))
	}
	d.deep(v.Elem())
}

// first reports whether the pointer is met for the first time, and takes in which one it is.
func (d *digest) first(p uintptr) bool {
	n, met := d.seen[p]
	if !met {
		if d.seen == nil {
			d.seen = map[uintptr]int{}
		}
		n = len(d.seen)
		d.seen[p] = n
	}
	d.number(uint64(n))
	return !met
}

func (d *digest) list(v reflect.Value) {
	d.number(uint64(v.Len()))
	if v.Type().Elem().Kind() == reflect.Uint8 && (v.Kind() == reflect.Slice || v.CanAddr()) {
		d.Write(v.Bytes())
		return
	}
	for i := range v.Len() {
		d.deep(v.Index(i))
	}
}

// table takes in a map, in an order that does not depend on how it lies in memory.
func (d *digest) table(v reflect.Value) {
	d.number(uint64(v.Len()))
	var entries []fingerprint
	pairs := map[fingerprint]reflect.Value{}
	for each := v.MapRange(); each.Next(); {
		key := newDigest()
		key.deep(each.Key())
		f := key.sum()
		entries, pairs[f] = append(entries, f), each.Value()
	}
	slices.SortFunc(entries, func(a, b fingerprint) int { return slices.Compare(a[:], b[:]) })
	for _, f := range entries {
		d.Write(f[:])
		d.deep(pairs[f])
	}
}

var noted = reflect.TypeFor[protocols.Noted]()

// opaque reports whether values of the type are primitives, or no part of the state.
func opaque(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	pkg := t.PkgPath()
	return t == noted || t.Kind() != reflect.Interface && (strings.HasPrefix(pkg, "crypto") || strings.HasSuffix(pkg, "/protocols/suite") ||
		strings.HasPrefix(pkg, "github.com/klauspost/"))
}
