package result

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The distributions of the sizes of values.
const (
	Weighted  = "weights"
	Lognormal = "lognormal"
	// ETC is the most general of Facebook's memcached pools: the generalized Pareto distribution that B. Atikoglu, Y. Xu,
	// E. Frachtenberg, S. Jiang and M. Paleczny fitted to its values (Workload Analysis of a Large-Scale Key-Value Store,
	// SIGMETRICS 2012, §5).
	ETC = "etc"
)

// Parameters of ETC: scale in bytes, and shape.
const (
	etcScale = 214.476
	etcShape = 0.348238
)

// LeastValue is the size of the smallest value, which carries its writer, number, key and length.
const LeastValue = 32 * Byte

// quantiles is how many equally likely sizes stand for a continuous distribution: its quantiles in the middle of as many parts.
// So what operations move can be counted size by size.
const quantiles = 100

// Sizes is a distribution of the sizes of values; the zero Sizes is none: all have one.
type Sizes struct {
	Distribution string  `json:"distribution"`     // Weighted, Lognormal or ETC
	Weights      Weights `json:"sizes,omitempty"`  // of Weighted
	Median       Size    `json:"median,omitempty"` // of Lognormal
	Sigma        float64 `json:"sigma,omitempty"`  // of Lognormal: the standard deviation of the size's natural logarithm
	Most         Size    `json:"most,omitempty"`   // what is larger is cut to; of all but Weighted
}

// Asked reports whether there is a distribution.
func (s Sizes) Asked() bool { return s.Distribution != "" }

// String is the distribution as plans and captions show it.
func (s Sizes) String() string {
	switch s.Distribution {
	case Lognormal:
		return fmt.Sprintf("lognormal, median %v, sigma %v, at most %v", s.Median, s.Sigma, s.Most)
	case ETC:
		return fmt.Sprintf("ETC, at most %v", s.Most)
	}
	return string(s.Weights)
}

// name is the distribution in a name that may be a file's.
func (s Sizes) name() string {
	switch s.Distribution {
	case Lognormal:
		return fmt.Sprintf("lognormal-%v-%v-%v", s.Median, s.Sigma, s.Most)
	case ETC:
		return fmt.Sprintf("etc-%v", s.Most)
	}
	return strings.NewReplacer("% ", "-", ", ", "+").Replace(string(s.Weights))
}

// A SizeShare is a size and the share of values that have it.
type SizeShare struct {
	Bytes int
	Share float64
}

// Shares are the sizes that values may have, ascending, each once. The zero Sizes has none.
func (s Sizes) Shares() (all []SizeShare) {
	add := func(bytes, share float64) {
		n := int(math.Round(max(float64(LeastValue), bytes)))
		if last := len(all) - 1; last >= 0 && all[last].Bytes == n {
			all[last].Share += share
			return
		}
		all = append(all, SizeShare{n, share})
	}
	if s.Distribution == Weighted {
		for _, w := range s.Weights.Shares() {
			add(float64(w.Bytes), w.Share)
		}
		return all
	}
	for i := range quantiles {
		if u := (float64(i) + 0.5) / quantiles; s.Asked() {
			add(min(s.quantile(u), float64(s.Most)), 1./quantiles)
		}
	}
	return all
}

// quantile is the size that the share u of values does not exceed.
func (s Sizes) quantile(u float64) float64 {
	if s.Distribution == Lognormal {
		return float64(s.Median) * math.Exp(s.Sigma*math.Sqrt2*math.Erfinv(2*u-1))
	}
	return etcScale / etcShape * (math.Pow(1-u, -etcShape) - 1)
}

// Mean is the mean size.
func (s Sizes) Mean() (mean float64) {
	for _, x := range s.Shares() {
		mean += x.Share * float64(x.Bytes)
	}
	return mean
}

// Weights are sizes with their shares, as text: "70% 4KiB, 25% 64KiB, 5% 1MiB".
type Weights string

const weightSeparator = ", "

// ParseWeights reads shares of sizes such as "70% 4KiB", which add up to 100 %. Weights are in the order of their sizes.
func ParseWeights(texts []string) (Weights, error) {
	type weight struct {
		size  Size
		share Share
	}
	var all []weight
	var sum Share
	for _, text := range texts {
		share, size, _ := strings.Cut(strings.TrimSpace(text), " ")
		w, err := weight{}, error(nil)
		if w.share, err = Parse[Share](share); err == nil {
			w.size, err = Parse[Size](strings.TrimSpace(size))
		}
		switch {
		case err != nil:
			return "", fmt.Errorf("must be a share and a size such as 70%% 4KiB, not %q", text)
		case w.share <= 0:
			return "", fmt.Errorf("must have a share above 0%%, not %s", text)
		case slices.ContainsFunc(all, func(o weight) bool { return o.size == w.size }):
			return "", fmt.Errorf("%v is listed twice: add up its shares", w.size)
		}
		all, sum = append(all, w), sum+w.share
	}
	if sum != 100*Percent {
		return "", fmt.Errorf("the shares add up to %v, not to 100%%", sum)
	}
	slices.SortFunc(all, func(a, b weight) int { return int(a.size - b.size) })
	var parts []string
	for _, w := range all {
		parts = append(parts, fmt.Sprintf("%v %v", w.share, w.size))
	}
	return Weights(strings.Join(parts, weightSeparator)), nil
}

// Shares are the weights, ascending.
func (w Weights) Shares() (all []SizeShare) {
	for _, part := range strings.Split(string(w), weightSeparator) {
		text, size, _ := strings.Cut(part, " ")
		share, err := Parse[Share](text)
		bytes, wrong := Parse[Size](size)
		if err == nil && wrong == nil {
			all = append(all, SizeShare{int(bytes), share.Fraction()})
		}
	}
	return all
}

// MarshalJSON is the form that stands in a file: a list.
func (w Weights) MarshalJSON() ([]byte, error) {
	return json.Marshal(strings.Split(string(w), weightSeparator))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (w *Weights) UnmarshalJSON(data []byte) error {
	var texts []string
	err := json.Unmarshal(data, &texts)
	*w = Weights(strings.Join(texts, weightSeparator))
	return err
}

// A Value is how large the values of a load are: of one size, or of sizes from a distribution.
type Value struct {
	Size  Size // 0 with Sizes
	Sizes Sizes
}

// Bytes is the size, or the mean of sizes, in whole bytes.
func (v Value) Bytes() int {
	if v.Sizes.Asked() {
		return int(math.Round(v.Sizes.Mean()))
	}
	return int(v.Size)
}

// String is the value as plans show it.
func (v Value) String() string {
	if v.Sizes.Asked() {
		return v.Sizes.String()
	}
	return v.Size.String()
}

// MarshalJSON is the form that stands in a file.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.Sizes.Asked() {
		return json.Marshal(v.Sizes)
	}
	return json.Marshal(v.Size)
}

// UnmarshalJSON reads what stands in a file.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{}
	if json.Unmarshal(data, &v.Size) == nil {
		return nil
	}
	return json.Unmarshal(data, &v.Sizes)
}
