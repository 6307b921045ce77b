package plots

import (
	"math"
	"math/rand/v2"

	"github.com/powbench/powbench/harness/result"
)

// Costs that nobody measured, of known growth.

// syntheticCost is a scheme's time in ns, base · t^exponent, and its multiplications.
type syntheticCost struct {
	scheme            string
	bits              int
	construct, verify float64 // at t = 1, or at any t if the exponents are those of a signature
	growConstruct     float64
	growVerify        float64
	multiplications   func(t int) (construct, verify int64)
}

// signature as an exponent marks costs that do not depend on t.
const signature = -1

func naive(t int) (construct, verify int64) {
	each := int64(t * (t + 1) / 2)
	return int64(3*t+1) * each, each
}

func horner(t int) (construct, verify int64) { return int64((3*t + 1) * t), int64(t) }

func uncounted(int) (construct, verify int64) { return 0, 0 }

var syntheticSchemes = []syntheticCost{
	{"hash-sha1", 80, 500, 200, 0, 0, uncounted},
	{"rsa-1024", 80, 320e3, 11e3, signature, signature, uncounted},
	{"dsa-1024", 80, 125e3, 207e3, signature, signature, uncounted},
	{"rsa-2048", 112, 1.1e6, 34e3, signature, signature, uncounted},
	{"hash-sha256", 128, 550, 220, 0, 0, uncounted},
	{"hash-macs-sha256", 128, 3000, 700, 1, 0, uncounted},
	{"polynomial-naive", 128, 3000, 500, 3, 2, naive},
	{"polynomial-horner", 128, 3000, 500, 2, 1, horner},
	{"rsa-3072", 128, 3.5e6, 300e3, signature, signature, uncounted},
	{"ed25519", 128, 22e3, 51e3, signature, signature, uncounted},
}

// syntheticCosts is a run of Table 1 with times that scatter by so much.
func syntheticCosts(repetitions int, scatter float64) *result.Set {
	s := synthetic("table1")
	s.Manifest.Machine = result.Machine{CPU: "Imaginary 3000", Cores: 2, Kernel: "6.8.0"}
	s.Manifest.Version = result.Version{PoWBench: "0123456789ab", Go: "go1.26.1"}
	random := rand.New(rand.NewPCG(2013, 1))
	for r := range repetitions {
		for _, c := range syntheticSchemes {
			last := 10
			if c.growVerify == signature {
				last = 1
			}
			for t := 1; t <= last; t++ {
				s.Costs = append(s.Costs, c.at(t, r+1, 1+scatter*random.Float64()))
			}
		}
	}
	return s
}

// at is the cost at t, slowed down by a factor.
func (c syntheticCost) at(t, repetition int, slow float64) result.Cost {
	cost := result.Cost{
		Schema: result.SchemaVersion, Scheme: c.scheme, SecurityBits: c.bits, MessageBytes: 94,
		Repetition: repetition, Attempt: 1, Validity: result.Validity{Valid: true},
	}
	cost.Construct = result.Spent{Ops: 100, Ns: slow * c.construct, Allocs: 4, Bytes: 168.2}
	cost.Verify = result.Spent{Ops: 100, Ns: slow * c.verify, Allocs: 2, Bytes: 48}
	if c.growVerify != signature {
		cost.T, cost.Servers = t, 3*t+1
		cost.Construct.Ns *= math.Pow(float64(t), c.growConstruct)
		cost.Verify.Ns *= math.Pow(float64(t), c.growVerify)
	}
	cost.Construct.Multiplications, cost.Verify.Multiplications = c.multiplications(t)
	return cost
}
