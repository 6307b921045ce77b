package load

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
)

// predictedOps is how many operations a prediction averages: its error is below 0.5 % by then.
const predictedOps = 2000

// predict is what rates and delays alone make of one client's mean latency, from the best that a network may do to the
// worst that is fair:
//
//   - Low: messages of a round pass the link one after the other, so that the quorum does not wait for the last of
//     them, and none waits for a packet that was delayed longer than its last.
//   - High: messages of a round share the link, so that all end with the last of them, and each waits for the packet
//     of it that was delayed the longest.
//
// CPU time, disks and what TCP adds are not in it. It is 0 where links are not shaped.
func (r *runner) predict(p protocols.Protocol, op protocols.Op, t, valueBytes int) result.Interval {
	shaper, ok := r.bench.Testbed.(testbed.Shaper)
	if !ok || !r.shaped() {
		return result.Interval{}
	}
	m := latencyModel{
		legs: p.Traits(t).Legs(op), quorum: p.Traits(t).Quorum, bytes: float64(valueBytes),
		msPerByte: 1 / (netem.Goodput(r.bench.Manifest.Testbed.RateBits) / 8e3),
		random:    rand.New(rand.NewPCG(uint64(t), uint64(valueBytes))),
	}
	servers, clients := r.bench.Testbed.Hosts()
	for i := range p.Traits(t).Servers {
		server := servers[i%len(servers)]
		m.up = append(m.up, shaper.Delay(clients[0], server))
		m.down = append(m.down, shaper.Delay(server, clients[0]))
	}
	low := m.mean(m.inTurn)
	return result.Interval{Low: low, High: max(low, m.mean(m.shared))} // without delays they differ by rounding alone
}

// latencyModel is one client of a closed loop on links with a rate and delays. Times are in ms.
type latencyModel struct {
	legs      []protocols.Leg
	quorum    int
	bytes     float64         // of the value
	msPerByte float64         // of either direction
	up, down  []testbed.Delay // to and from each server
	random    *rand.Rand

	upFree, downFree float64 // when the link has sent what was given to it, by inTurn
}

// mean is the mean latency of operations one after the other, whose rounds end as round tells.
func (m *latencyModel) mean(round func(now float64, leg protocols.Leg) []float64) float64 {
	now := 0.
	for range predictedOps {
		for _, leg := range m.legs {
			replies := round(now, leg)
			slices.Sort(replies)
			now = replies[m.quorum-1]
		}
	}
	return now / predictedOps
}

// inTurn is when each server's reply to a round that begins now is there, if messages pass in turn. What a quorum
// did not wait for is still in the way of the next round.
func (m *latencyModel) inTurn(now float64, leg protocols.Leg) []float64 {
	at := make([]float64, len(m.up)) // the servers have their requests
	for i := range at {
		m.upFree = max(now, m.upFree) + leg.Request*m.bytes*m.msPerByte
		at[i] = m.upFree + m.draw(m.up[i], 0)
	}
	order := make([]int, len(at)) // in which they reply
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	for _, i := range order {
		m.downFree = max(at[i], m.downFree) + leg.Reply*m.bytes*m.msPerByte
		at[i] = m.downFree + m.draw(m.down[i], 0)
	}
	return at
}

// shared is when each server's reply to a round that begins now is there, if messages share the link.
func (m *latencyModel) shared(now float64, leg protocols.Leg) []float64 {
	at := make([]float64, len(m.up))
	all := float64(len(at)) * m.bytes * m.msPerByte
	for i := range at {
		at[i] = now + leg.Request*all + m.draw(m.up[i], leg.Request) + leg.Reply*all + m.draw(m.down[i], leg.Reply)
	}
	return at
}

// draw is the delay of the slowest packet of a message of so many times the value's size; 0 stands for one packet.
func (m *latencyModel) draw(d testbed.Delay, size float64) float64 {
	packets := max(1, math.Ceil(size*m.bytes/netem.SegmentBytes))
	return float64(d.Quantile(math.Pow(m.random.Float64(), 1/packets)).Nanoseconds()) / 1e6
}
