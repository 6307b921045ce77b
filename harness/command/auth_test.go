package command

import (
	"math"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

const authConfig = `auth: [none, tls]
value: [64KiB]
clients: [4]
operations: [write]
protocols: [mabd, avid]
repetitions: 1
attempts: 1
phases: {warmup: 50ms, measure: 300ms}
testbed: {topology: loopback}
`

// With TLS, processes have certificates of the run's own; histories are linearizable, and bytes those of the cost model, which are
// more than without.
func TestRunOverTLS(t *testing.T) {
	models := map[string]map[string]result.TrafficFactor{"mabd": {}, "avid": {}}
	for _, p := range measured(t, "auth", authConfig).Points {
		checkSound(t, p)
		models[p.Protocol][p.Auth] = p.ModelFactor
		if d, known := p.Deviation(p.WireFactor); !known || math.Abs(d.ClientToServer) > 0.01 || math.Abs(d.ServerToClient) > 0.01 {
			t.Errorf("%v: bytes are off by %+v", p.Series, d)
		}
		if p.Protocol == "avid" && (p.BetweenFactor < 0.99*p.ModelBetweenLeast || p.BetweenFactor > 1.01*p.ModelBetween) {
			t.Errorf("%v: servers exchanged %.3f values, the model says %.3f to %.3f", p.Series, p.BetweenFactor, p.ModelBetweenLeast, p.ModelBetween)
		}
	}
	for protocol, m := range models {
		if more := m[result.TLS].ClientToServer / m[""].ClientToServer; !(more > 1.001 && more < 1.01) {
			t.Errorf("%s: with TLS %v times the bytes", protocol, more)
		}
	}
}
