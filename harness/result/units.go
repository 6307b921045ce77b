package result

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes.
type Size int64

// Units of Size.
const (
	Byte Size = 1
	KiB       = 1 << 10 * Byte
	MiB       = 1 << 20 * Byte
)

// Rate is a number of bits per second.
type Rate int64

// Units of Rate.
const (
	Mbit Rate = 1e6
	Gbit Rate = 1e9
)

// Unlimited is the Rate of links without a shaper, and UnlimitedName how a file writes it.
const (
	Unlimited     Rate = 0
	UnlimitedName      = "unlimited"
)

// Frequency is the rate of events, in thousandths per second.
type Frequency int64

// PerSecond is the unit of Frequency.
const PerSecond Frequency = 1000

// Duration is a time.Duration that a file writes as 1.5s.
type Duration time.Duration

// Share is a part of a whole, in millionths.
type Share int64

// Percent is the unit of Share.
const Percent Share = 1e4

// Fraction is the share as a number from 0 to 1.
func (s Share) Fraction() float64 { return float64(s) / float64(100*Percent) }

// Hz is the frequency as a number per second.
func (f Frequency) Hz() float64 { return float64(f) / float64(PerSecond) }

// Std is the duration in the form that package time works with.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// A notation is how a file writes a kind of quantity.
type notation struct {
	what  string // with an example
	units []unit // in the order in which String prefers them
	zero  string // in place of 0 and a unit; empty for none
}

type unit struct {
	name  string
	scale int64
}

func (Size) notation() notation {
	return notation{"a size such as 256KiB", []unit{
		{"MiB", int64(MiB)}, {"KiB", int64(KiB)}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
	}, ""}
}

func (Rate) notation() notation {
	return notation{"a rate such as 1Gbit", []unit{
		{"Gbit", int64(Gbit)}, {"Mbit", int64(Mbit)}, {"kbit", 1e3}, {"bit", 1},
	}, UnlimitedName}
}

func (Frequency) notation() notation {
	return notation{"a frequency such as 100/s", []unit{{"/s", int64(PerSecond)}}, ""}
}

func (Duration) notation() notation {
	return notation{"a time such as 1.5s", []unit{{"min", 60e9}, {"s", 1e9}, {"ms", 1e6}}, ""}
}

func (Share) notation() notation {
	return notation{"a share such as 1%", []unit{{"%", int64(Percent)}}, ""}
}

// String formats the size with the largest unit that suits, such as 256KiB.
func (s Size) String() string { return format(int64(s), s.notation()) }

// String formats the rate with the largest unit that suits, such as 1Gbit, or as unlimited.
func (r Rate) String() string { return format(int64(r), r.notation()) }

// String formats the frequency per second, such as 100/s.
func (f Frequency) String() string { return format(int64(f), f.notation()) }

// String formats the duration with the largest unit that suits, such as 1.5s.
func (d Duration) String() string { return format(int64(d), d.notation()) }

// String formats the share in percent.
func (s Share) String() string { return format(int64(s), s.notation()) }

// MarshalText is the form that stands in a file.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText is the form that stands in a file.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalText is the form that stands in a file.
func (f Frequency) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText is the form that stands in a file.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText is the form that stands in a file.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what stands in a file.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = Parse[Size](string(text))
	return err
}

// UnmarshalText reads what stands in a file.
func (f *Frequency) UnmarshalText(text []byte) (err error) {
	*f, err = Parse[Frequency](string(text))
	return err
}

// UnmarshalText reads what stands in a file.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = Parse[Rate](string(text))
	return err
}

// UnmarshalText reads what stands in a file.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = Parse[Duration](string(text))
	return err
}

// UnmarshalText reads what stands in a file.
func (s *Share) UnmarshalText(text []byte) (err error) {
	*s, err = Parse[Share](string(text))
	return err
}

// format writes v in the first unit in which it is at least 1 and has at most three decimals, else in the last.
func format(v int64, n notation) string {
	if v == 0 && n.zero != "" {
		return n.zero
	}
	u := n.units[len(n.units)-1]
	for _, larger := range n.units {
		if v >= larger.scale && v%larger.scale*1000%larger.scale == 0 {
			u = larger
			break
		}
	}
	return strconv.FormatFloat(float64(v)/float64(u.scale), 'f', -1, 64) + u.name
}

// A Quantity is a number of smallest parts with a notation of its own.
type Quantity interface {
	~int64
	notation() notation
	String() string
}

// Parse reads a quantity as a file writes it: a decimal number and a unit.
func Parse[Q Quantity](text string) (Q, error) {
	n := Q(0).notation()
	if n.zero != "" && text == n.zero {
		return 0, nil
	}
	end := strings.LastIndexAny(text, "0123456789.") + 1
	number, err := strconv.ParseFloat(text[:end], 64)
	if err != nil || strings.Trim(text[:end], "0123456789.") != "" {
		return 0, fmt.Errorf("must be %s, not %q", n.what, text)
	}
	var names []string
	for _, u := range n.units {
		if u.name == strings.TrimSpace(text[end:]) {
			return whole[Q](number*float64(u.scale), text)
		}
		names = append(names, u.name)
	}
	return 0, fmt.Errorf("must be %s, not %q: its unit is one of %s", n.what, text, strings.Join(names, ", "))
}

// whole turns parts into a quantity; it forgives what floating point adds to 0.07 · 10^4.
func whole[Q Quantity](parts float64, text string) (Q, error) {
	rounded := math.Round(parts)
	if math.Abs(parts-rounded) > 1e-3 {
		return 0, fmt.Errorf("%s is finer than can be told apart: write a rounder number", text)
	}
	return Q(min(rounded, 1<<62)), nil
}
