package load

import (
	"maps"
	"slices"

	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// fillModel sets what the exact cost model says of the load's operations: of one kind, or of both by how many there were.
func (r *runner) fillModel(p *result.Point, protocol protocols.Protocol, met meetings) error {
	if p.Mixed() {
		return r.fillMixedModel(p, protocol, met)
	}
	op, of, drawn := protocols.Read, met.reads, met.readSizes
	if p.Writes() {
		op, of, drawn = protocols.Write, met.writes, met.writeSizes
	}
	m, err := r.model(p, protocol, op, of, drawn)
	if err != nil {
		return err
	}
	m.fill(p)
	p.ModelRounds = m.cost.Kinds()
	if p.Clients == 1 && !p.Open() && !p.Sizes.Asked() {
		p.Predicted = r.predict(m.cost, protocol.Traits(p.T).Quorum)
	}
	return nil
}

// fillMixedModel is fillModel of a mix. Servers may answer a READ that meets WRITEs to its key with less than the model's READ
// gets, as some of them have not stored yet what it asks for; or with as much again for each value that they may tell of.
func (r *runner) fillMixedModel(p *result.Point, protocol protocols.Protocol, met meetings) error {
	reads, err := r.model(p, protocol, protocols.Read, met.reads, met.readSizes)
	if err != nil {
		return err
	}
	writes, err := r.model(p, protocol, protocols.Write, met.writes, met.writeSizes)
	if err != nil {
		return err
	}
	p.ReadOps.ModelRounds, p.ReadOps.ModelFactor = reads.cost.Kinds(), reads.mean
	p.WriteOps.ModelRounds, p.WriteOps.ModelFactor = writes.cost.Kinds(), writes.mean
	p.ReadOps.MetShare, p.ReadOps.Met = met.reads.share, met.reads.writes
	reads.least, reads.most = reads.least.Times(1-met.reads.share), reads.most.Times(1+met.reads.more)
	share := p.ReadShare()
	if p.LoadOps > 0 {
		share = float64(p.ReadOps.LoadOps) / float64(p.LoadOps)
	}
	var m loadModel
	m.add(reads, share)
	m.add(writes, 1-share)
	m.fill(p)
	return nil
}

// loadModel is what the exact cost model says of one of the load's operations on average, in multiples of the value's size or,
// where sizes are drawn, of the mean of their distribution.
type loadModel struct {
	cost                  model.Cost // of one by itself
	payload               result.TrafficFactor
	mean, most, least     result.TrafficFactor
	between, betweenLeast float64
}

// add adds operations that have that share.
func (m *loadModel) add(o loadModel, share float64) {
	m.payload.Add(o.payload.Times(share))
	m.mean.Add(o.mean.Times(share))
	m.most.Add(o.most.Times(share))
	m.least.Add(o.least.Times(share))
	m.between += share * o.between
	m.betweenLeast += share * o.betweenLeast
	m.cost = o.cost // rounds and servers do not depend on the size
}

// fill sets the point's numbers.
func (m loadModel) fill(p *result.Point) {
	p.CostFactor, p.ModelFactor, p.ModelMost, p.ModelLeast = m.payload, m.mean, m.most, m.least
	p.ModelBetween, p.ModelBetweenLeast = m.between, m.betweenLeast
}

// model is that of the load's operations of one kind: the mean over the sizes that were drawn.
func (r *runner) model(p *result.Point, protocol protocols.Protocol, op protocols.Op, met met, drawn sizes) (m loadModel, err error) {
	if len(drawn) == 0 {
		return r.modelOf(p, protocol, op, met, p.ValueBytes)
	}
	for _, size := range slices.Sorted(maps.Keys(drawn)) {
		one, err := r.modelOf(p, protocol, op, met, size)
		if err != nil {
			return m, err
		}
		m.add(one, drawn[size])
	}
	return m, nil
}

// modelOf is the model of operations on values of so many bytes.
func (r *runner) modelOf(p *result.Point, protocol protocols.Protocol, op protocols.Op, met met, bytes int) (m loadModel, err error) {
	value := float64(p.ValueBytes)
	c := model.Case{
		Protocol: protocol, Suite: p.Suite, T: p.T, Op: op, ValueBytes: bytes,
		KeyBytes: len(workloads.KeyName(0)), PID: uint64(p.Clients+1) / 2, Writes: 1, TLS: p.Auth == result.TLS,
	}
	if m.cost, err = model.Count(c); err != nil {
		return m, err
	}
	m.payload = m.cost.Payload().Over(value)
	if m.between = float64(m.cost.Between().Bytes) / value; m.between > 0 {
		c.Prompt = true
		prompt, err := model.Count(c)
		if err != nil {
			return m, err
		}
		c.Prompt, m.betweenLeast = false, float64(prompt.Between().Bytes)/value
	}
	longer, err := model.PerTimestampByte(c)
	if err != nil {
		return m, err
	}
	from, to := r.numbers(p)
	again, err := model.Mean(c, from, to)
	if err != nil {
		return m, err
	}
	again.Add(longer.Times(met.longer))
	first := again
	if op == protocols.Write {
		c.Writes = 0
		if first, err = model.Mean(c, from, to); err != nil {
			return m, err
		}
	}
	of := func(share float64) result.TrafficFactor { // of WRITEs that are the first to their key
		f := first.Times(share)
		f.Add(again.Times(1 - share))
		return f.Over(value)
	}
	m.mean, m.most, m.least = of(met.first), of(0), of(met.unwritten)
	return m, nil
}

// numbers are those, from … to−1, that an agent's connections give to the load's operations.
func (r *runner) numbers(p *result.Point) (from, to uint64) {
	_, hosts := r.bench.Testbed.Hosts()
	agents := uint64(max(1, min(len(hosts), p.Clients))) // that have a client
	from = 1
	if p.Reads() {
		from += uint64(p.Keys) / agents // WRITEs, of the preload
	}
	return from, from + uint64(p.LoadOps)/agents
}
