package experiment

import (
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/netem"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/workloads"
)

// A pace is how fast the testbed's links and delays let operations of a series be, by the exact cost model.
type pace struct {
	*Experiment
	series      result.Series
	read, write model.Cost
}

// paces counts each system, suite, t, size and auth once, whatever else the experiment's series differ in.
type paces struct {
	experiment *Experiment
	known      map[result.Series]*pace
}

func (e *Experiment) paces() *paces { return &paces{e, map[result.Series]*pace{}} }

// of is the pace of the series. The error names the series.
func (p *paces) of(s result.Series) (*pace, error) {
	key := s
	key.Op, key.Durability, key.SlowServer, key.Attack = "", "", 0, ""
	if _, had := p.known[key]; !had {
		counted, err := p.experiment.pace(s)
		if err != nil {
			return nil, err
		}
		p.known[key] = counted
	}
	counted := *p.known[key]
	counted.series = s
	return &counted, nil
}

// pace counts what the operations of the series move.
func (e *Experiment) pace(s result.Series) (*pace, error) {
	protocol, err := catalog.ByName(s.FullName())
	if err != nil {
		return nil, fmt.Errorf("%v: %w", s, err)
	}
	count := func(op protocols.Op) (model.Cost, error) {
		cost, err := model.Count(model.Case{
			Protocol: protocol, Suite: s.Suite, T: s.T, Op: op, ValueBytes: s.ValueBytes,
			KeyBytes: len(workloads.KeyName(0)), Writes: 1, TLS: s.Auth == result.TLS,
		})
		if err != nil {
			return cost, fmt.Errorf("what a %v of %v moves: %w", op, s, err)
		}
		return cost, nil
	}
	p := &pace{Experiment: e, series: s}
	if p.read, err = count(protocols.Read); err != nil {
		return nil, err
	}
	p.write, err = count(protocols.Write)
	return p, err
}

// mean is that of READs and WRITEs, by their shares in the series' operations.
func (p *pace) mean(of func(protocols.Op) float64) float64 {
	reads := p.series.ReadShare()
	return reads*of(protocols.Read) + (1-reads)*of(protocols.Write)
}

func (p *pace) cost(op protocols.Op) model.Cost {
	if op == protocols.Write {
		return p.write
	}
	return p.read
}

// rounds is how many an operation takes.
func (p *pace) rounds(op protocols.Op) int { return len(p.cost(op).Rounds) }

// transferTime is the time that the links take for one operation's frames, in the busier direction.
func (p *pace) transferTime(op protocols.Op) time.Duration {
	moved := p.cost(op).Bytes()
	return p.linkTime(float64(max(moved.ClientToServer, moved.ServerToClient)))
}

// linkTime is the time that the links take for so many bytes in one direction.
func (p *pace) linkTime(bytes float64) time.Duration {
	return time.Duration(bytes / p.bytesPerSecond() * float64(time.Second))
}

// loadTime is the time that the links take for one operation of the load on average, in the busier direction.
func (p *pace) loadTime() time.Duration {
	up := p.mean(func(op protocols.Op) float64 { return float64(p.cost(op).Bytes().ClientToServer) })
	down := p.mean(func(op protocols.Op) float64 { return float64(p.cost(op).Bytes().ServerToClient) })
	return p.linkTime(max(up, down))
}

// loadDelay is the time that one operation of the load spends in NetEm on average.
func (p *pace) loadDelay() time.Duration {
	return time.Duration(p.mean(func(op protocols.Op) float64 { return float64(p.delayed(p.rounds(op))) }))
}

// bytesPerSecond is what the links that the servers share carry in each direction.
func (p *pace) bytesPerSecond() float64 {
	if p.Testbed.Rate == result.Unlimited {
		return unlimitedUse
	}
	links := 1
	if p.Testbed.Topology == result.Spread {
		links = min(p.Testbed.ClientHosts, p.read.Servers)
	}
	return netem.Goodput(int64(p.Testbed.Rate)) / 8 * float64(links)
}

// delayed is the time that so many round trips spend in NetEm.
func (p *pace) delayed(rounds int) time.Duration {
	return 2 * time.Duration(rounds) * p.Testbed.meanDelay()
}

// oneByOne is the time that operations on so many keys, which the clients share, spend in NetEm.
func (p *pace) oneByOne(op protocols.Op, keys, clients int) time.Duration {
	each := (keys + clients - 1) / clients
	return time.Duration(each) * p.delayed(p.rounds(op))
}

// searchClients is what SearchClients tells.
func (p *pace) searchClients() []int {
	all, n := p.Search.Clients, 2
	for n < len(all) && time.Duration(all[n])*p.loadTime() <= p.Search.Latency.Std() {
		n++
	}
	return all[:n]
}

// SearchClients is the numbers of clients that a search tries for the series, ascending. One is left out if an operation
// beside so many others would take longer than Search.Latency, by the links' rate and the bytes that an operation moves
// alone; the two smallest never are. The error is that of a series that cannot be counted.
func (e *Experiment) SearchClients(s result.Series) ([]int, error) {
	p, err := e.pace(s)
	if err != nil {
		return nil, err
	}
	return p.searchClients(), nil
}
