package load

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem"
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
func (r *runner) predict(cost model.Cost, quorum int) result.Interval {
	shaper, ok := r.bench.Testbed.(testbed.Shaper)
	if !ok || !r.shaped() {
		return result.Interval{}
	}
	m := latencyModel{
		rounds: cost.Rounds, quorum: quorum,
		msPerByte: 1 / (netem.Goodput(r.bench.Manifest.Testbed.RateBits) / 8e3),
		random:    rand.New(rand.NewPCG(uint64(cost.Servers), uint64(cost.Bytes().ClientToServer))),
	}
	servers, clients := r.bench.Testbed.Hosts()
	for i := range cost.Servers {
		server := servers[i%len(servers)]
		m.up = append(m.up, shaper.Delay(clients[0], server))
		m.down = append(m.down, shaper.Delay(server, clients[0]))
	}
	low := m.mean(m.inTurn)
	return result.Interval{Low: low, High: max(low, m.mean(m.shared))} // without delays they differ by rounding alone
}

// latencyModel is one client of a closed loop on links with a rate and delays. Times are in ms.
type latencyModel struct {
	rounds    []model.Round
	quorum    int
	msPerByte float64         // of either direction
	up, down  []testbed.Delay // to and from each server
	random    *rand.Rand

	upFree, downFree float64 // when the link has sent what was given to it, by inTurn
}

// mean is the mean latency of operations one after the other, whose rounds end as round tells: with a quorum's replies, or with
// all if fewer servers are asked, as for the value whose timestamp is known.
func (m *latencyModel) mean(round func(now float64, r model.Round) []float64) float64 {
	now := 0.
	for range predictedOps {
		for _, r := range m.rounds {
			replies := round(now, r)
			slices.Sort(replies)
			now = replies[min(m.quorum, serversOf(r))-1]
		}
	}
	return now / predictedOps
}

// serversOf is how many servers the round asks.
func serversOf(r model.Round) (n int) {
	for _, request := range r.Requests {
		if request.Bytes > 0 {
			n++
		}
	}
	return n
}

// inTurn is when each server's reply to a round that begins now is there, if messages pass in turn. What a quorum
// did not wait for is still in the way of the next round.
func (m *latencyModel) inTurn(now float64, r model.Round) []float64 {
	at := make([]float64, len(m.up)) // the servers have their requests
	for i := range at {
		m.upFree = max(now, m.upFree) + m.sent(r.Requests[i])
		at[i] = m.upFree + m.draw(m.up[i], 1)
	}
	order := make([]int, len(at)) // in which they reply
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	for _, i := range order {
		m.downFree = max(at[i], m.downFree) + m.sent(r.Replies[i])
		at[i] = m.downFree + m.draw(m.down[i], 1)
		if r.Requests[i].Bytes == 0 { // it is not asked
			at[i] = math.Inf(1)
		}
	}
	return at
}

// shared is when each server's reply to a round that begins now is there, if messages share the link.
func (m *latencyModel) shared(now float64, r model.Round) []float64 {
	at := make([]float64, len(m.up))
	var up, down float64
	for i := range at {
		up, down = up+m.sent(r.Requests[i]), down+m.sent(r.Replies[i])
	}
	for i := range at {
		request, reply := r.Requests[i].Bytes, r.Replies[i].Bytes
		at[i] = now + up + m.draw(m.up[i], request) + down + m.draw(m.down[i], reply)
		if request == 0 {
			at[i] = math.Inf(1)
		}
	}
	return at
}

// sent is how long the link takes to send a message.
func (m *latencyModel) sent(x model.Message) float64 { return float64(x.Bytes) * m.msPerByte }

// draw is the delay of the slowest packet of a message of so many bytes.
func (m *latencyModel) draw(d testbed.Delay, bytes int) float64 {
	packets := max(1, math.Ceil(float64(bytes)/netem.SegmentBytes))
	return float64(d.Quantile(math.Pow(m.random.Float64(), 1/packets)).Nanoseconds()) / 1e6
}
