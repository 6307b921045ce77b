package experiment

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// Limits of distributions of sizes.
const (
	minSigma = 0.01
	maxSigma = 4
)

// mostOf is where the sizes of a distribution end that does not say: ETC's where memcached's do.
var mostOf = map[string]result.Size{result.Lognormal: maxValue, result.ETC: result.MiB}

// values reads a size, or a distribution of sizes.
func values(to *result.Value) value {
	return func(n ast.Node) error {
		if _, ok := n.(ast.MapNode); !ok {
			*to = result.Value{}
			return between(&to.Size, minValue, maxValue)(n)
		}
		var s result.Sizes
		var weights []string
		err := object(keys{
			"distribution": oneOf(&s.Distribution, result.Weighted, result.Lognormal, result.ETC),
			"sizes":        list(&weights, anyText),
			"median":       between(&s.Median, minValue, maxValue),
			"sigma":        decimal(&s.Sigma, minSigma, maxSigma),
			"most":         between(&s.Most, minValue, maxValue),
		})(n)
		if err != nil {
			return err
		}
		if err := complete(&s, weights); err != nil {
			return at(n, "%w", err)
		}
		*to = result.Value{Sizes: s}
		return nil
	}
}

func anyText(to *string) value {
	return func(n ast.Node) (err error) {
		*to, err = text(n)
		return err
	}
}

// complete refuses what a distribution lacks or has no use for, and fills in where it ends.
func complete(s *result.Sizes, weights []string) (err error) {
	lognormal, weighted := s.Distribution == result.Lognormal, s.Distribution == result.Weighted
	switch {
	case !s.Asked():
		return fmt.Errorf("has no distribution: add one such as distribution: %s", result.Lognormal)
	case weighted != (len(weights) > 0):
		return fmt.Errorf("sizes belong to distribution: %s, and it takes some: write sizes: [70%% 4KiB, 30%% 64KiB] there alone", result.Weighted)
	case lognormal != (s.Median > 0 && s.Sigma > 0) || !lognormal && (s.Median > 0 || s.Sigma > 0):
		return fmt.Errorf("median and sigma belong to distribution: %s, and it takes both: write median: 64KiB, sigma: 1.2 there alone",
			result.Lognormal)
	case weighted && s.Most > 0:
		return errors.New("most cuts continuous distributions: remove it")
	case lognormal && s.Most > 0 && s.Most < s.Median:
		return fmt.Errorf("the median, %v, exceeds the most, %v: raise most", s.Median, s.Most)
	}
	if !weighted {
		if s.Most == 0 {
			s.Most = mostOf[s.Distribution]
		}
		return nil
	}
	if s.Weights, err = result.ParseWeights(weights); err != nil {
		return fmt.Errorf("sizes: %w", err)
	}
	for _, x := range s.Weights.Shares() {
		if size := result.Size(x.Bytes); size < minValue || size > maxValue {
			return fmt.Errorf("sizes: must be from %v to %v, not %v", minValue, maxValue, size)
		}
	}
	return nil
}
