package result

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// The shares of a distribution add up, its sizes ascend within their limits, and its mean is near that of the law.
func TestSizeShares(t *testing.T) {
	weights, err := ParseWeights([]string{"25% 64KiB", "70% 4KiB", "5% 1MiB"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		s          Sizes
		mean, near float64
		least      int
		most       int
	}{
		"weights":   {Sizes{Distribution: Weighted, Weights: weights}, 0.7*4096 + 0.25*65536 + 0.05*1048576, 1e-6, 4096, 1048576},
		"lognormal": {Sizes{Distribution: Lognormal, Median: 64 * KiB, Sigma: 1, Most: 16 * MiB}, 65536 * math.Exp(0.5), 3000, 1000, 16 << 20},
		"cut":       {Sizes{Distribution: Lognormal, Median: 64 * KiB, Sigma: 1, Most: 64 * KiB}, 65536 * 0.7616, 1500, 1000, 65536},
		"etc":       {Sizes{Distribution: ETC, Most: MiB}, 329, 25, 32, 1 << 20},
	} {
		shares, sum := c.s.Shares(), 0.
		for i, x := range shares {
			if sum += x.Share; x.Share <= 0 || x.Bytes < c.least || x.Bytes > c.most || i > 0 && x.Bytes <= shares[i-1].Bytes {
				t.Errorf("%s: size %d has %v, after %+v", name, x.Bytes, x.Share, shares[:i])
			}
		}
		if math.Abs(sum-1) > 1e-9 || math.Abs(c.s.Mean()-c.mean) > c.near {
			t.Errorf("%s: shares add up to %v, mean %v, want %v", name, sum, c.s.Mean(), c.mean)
		}
	}
	if (Sizes{}).Shares() != nil || (Sizes{}).Asked() {
		t.Error("no distribution has sizes")
	}
}

// Weights are shares of sizes that add up to all.
func TestParseWeights(t *testing.T) {
	for text, want := range map[string]string{
		"70% 4KiB|30% 64KiB": "70% 4KiB, 30% 64KiB", "12.5% 1000B|87.5% 32B": "87.5% 32B, 12.5% 1kB",
		"50% 4KiB|40% 8KiB": "the shares add up to 90%, not to 100%", "50% 4KiB|50% 4096B": "4KiB is listed twice",
		"100%": "must be a share and a size", "4KiB 100%": "must be a share and a size", "0% 4KiB|100% 8KiB": "must have a share above 0%",
	} {
		got, err := ParseWeights(strings.Split(text, "|"))
		if err != nil && !strings.Contains(err.Error(), want) || err == nil && string(got) != want {
			t.Errorf("%s is %q, %v, want %q", text, got, err, want)
		}
	}
}

// Values are in JSON as in a file, and make cells with names of their own.
func TestValuesInJSON(t *testing.T) {
	text := `["64KiB",{"distribution":"weights","sizes":["70% 4KiB","30% 64KiB"]},{"distribution":"lognormal","median":"64KiB","sigma":1.2,"most":"4MiB"},{"distribution":"etc","most":"1MiB"}]`
	var p Plan
	if err := json.Unmarshal([]byte(`{"protocols":["mabd"],"operations":["read"],"suite":"paper","durability":"write","t":1,"clients":[2],"value":`+text+`}`), &p); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(p.Values)
	if err != nil || string(data) != text {
		t.Errorf("values are %s, %v", data, err)
	}
	want := []string{"64KiB", "70-4KiB+30-64KiB", "lognormal-64KiB-1.2-4MiB", "etc-1MiB"}
	for i, c := range p.Cells() {
		if name := "mabd/read/t1/" + want[i]; c.String() != name {
			t.Errorf("%s, want %s", c, name)
		}
		if c.Sizes.Asked() && c.ValueBytes != int(math.Round(c.Sizes.Mean())) || c.Size() != p.Values[i].String() {
			t.Errorf("%s has %d bytes, %s", c, c.ValueBytes, c.Size())
		}
	}
}
