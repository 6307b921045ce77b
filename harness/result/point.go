// Package result is the public form of what PoWBench measured, and the words that it is written in: the manifest of a set,
// its points, trials and costs. docs/results.md describes every field; a change of one raises SchemaVersion.
//
// It imports nothing of ours. Whatever measures, and whatever reads results, imports it.
package result

// SchemaVersion is the version of the form below. Readers refuse any other.
const SchemaVersion = 2

// A Point is one repetition of one measurement: a line of points.jsonl.
// MB is 10^6 bytes of values, never of traffic. Times are of the measured window unless they say otherwise.
type Point struct {
	Schema     int    `json:"schema"`
	Experiment string `json:"experiment"`
	Figure     string `json:"figure"` // "2a" … "2d", "wan", "open", or empty
	Series
	Load
	Servers    int    `json:"servers"`
	Keys       int    `json:"keys"`
	Repetition int    `json:"repetition"` // from 1
	Attempt    int    `json:"attempt"`    // from 1; a repetition that other work disturbed is attempted again
	Seed       uint64 `json:"seed"`

	DurationS      float64 `json:"duration_s"`
	Ops            int64   `json:"ops"`
	Errors         int64   `json:"errors"`
	ThroughputOps  float64 `json:"throughput_ops"`
	ThroughputMBps float64 `json:"throughput_MBps"`
	// MeanBytes is the mean size of the values of the load's operations, if sizes were drawn.
	MeanBytes float64 `json:"mean_bytes,omitempty"`
	LatencyMs Latency `json:"latency_ms"` // in an open loop from when the operations were due
	// LagWaitMs is the mean time that a client waited before an operation and, in a closed loop, its latency began,
	// because some server lagged behind. Overtaken counts operations of the load that began although one did.
	LagWaitMs float64 `json:"lag_wait_ms"`
	Overtaken int64   `json:"overtaken"`
	// AheadBytes is by how much more servers owed to operations that had ended at the window's end than at its beginning;
	// throughput is less by the operations that move as much. Points of earlier versions lack it.
	AheadBytes int64 `json:"ahead_bytes,omitempty"`
	// TailMs is how long operations went on after the window, so that those in progress at its end had others beside them to
	// their own end, and DrainMs from the window's end until nobody owed anything. Points of earlier versions lack TailMs.
	TailMs  float64 `json:"tail_ms,omitempty"`
	DrainMs float64 `json:"drain_ms,omitempty"`
	// Recording is what recording costs, of a load whose clients record operations in turn only.
	Recording Recording        `json:"recording,omitzero"`
	Histogram string           `json:"histogram"` // HDR V2 compressed, base64; values in ns
	Rounds    map[string]int64 `json:"rounds"`    // rounds used → operations

	// Traffic of the whole load (warm-up, window and drain), from rest to rest, over LoadOps operations. RoundKinds are
	// the rounds that these took, ModelRounds those of the cost model. Points of earlier versions lack the three.
	LoadOps     int64            `json:"load_ops"`
	RoundKinds  map[Rounds]int64 `json:"round_kinds,omitempty"` // rounds used → operations
	ModelRounds Rounds           `json:"model_rounds,omitzero"`
	Messages    Traffic          `json:"messages,omitzero"` // requests and replies
	WireBytes   Traffic          `json:"wire_bytes"`        // as counted by the transport
	LinkBytes   Traffic          `json:"link_bytes"`        // TCP payload at the server hosts' interfaces; 0 on loopback
	// Retransmitted is the bytes of TCP's payload that were sent more than once, which LinkBytes has again as far as they had
	// passed there before they were lost. Points of earlier versions lack it.
	Retransmitted Traffic `json:"retransmitted_bytes,omitzero"`
	// WireFactor is bytes per operation in multiples of ValueBytes. ModelFactor is the same by the exact cost model, framing
	// included, ModelMost if servers answer no WRITE as if it were the first to its key, and ModelLeast if they so answer
	// all that began before any of their key had ended; points of earlier versions lack the three. CostFactor is what values and fragments alone make of it, as in the paper (§6.3).
	WireFactor  TrafficFactor `json:"wire_factor"`
	ModelFactor TrafficFactor `json:"model_factor,omitzero"`
	ModelMost   TrafficFactor `json:"model_most,omitzero"`
	ModelLeast  TrafficFactor `json:"model_least,omitzero"`
	CostFactor  TrafficFactor `json:"cost_factor"`

	// BetweenBytes is what servers exchanged with each other during the load, frames and receipts included, BetweenFactor the
	// same per operation in multiples of ValueBytes. The cost model says that it is from ModelBetweenLeast to ModelBetween, as
	// servers hear from each other before they hear from the client or after. Where all servers share a host it passes no link;
	// else it is not in LinkBytes. Absent unless servers send each other messages.
	BetweenBytes      int64   `json:"between_bytes,omitempty"`
	BetweenFactor     float64 `json:"between_factor,omitempty"`
	ModelBetween      float64 `json:"model_between,omitempty"`
	ModelBetweenLeast float64 `json:"model_between_least,omitempty"`

	// Signatures are those that the load's processes made and verified, from rest to rest, over LoadOps operations. Points of earlier
	// versions lack them.
	Signatures *Signatures `json:"signatures,omitempty"`

	CPUS CPU `json:"cpu_s"`
	// GeneratorS is the part of CPUS.Clients, in seconds, that the load generators took for themselves and not for the
	// protocol: for keys, values, histories and tallies. Points of earlier versions lack it.
	GeneratorS float64 `json:"generator_s,omitempty"`
	// Allocated is the bytes that the heaps of the load's processes handed out. Points of earlier versions lack it.
	Allocated Allocated `json:"allocated_bytes,omitzero"`
	RSSMiB    RSS       `json:"rss_peak_mib"`
	HostCPU   HostCPU   `json:"host_cpu"`
	// MachineCPU is the same for each machine of a cluster, by name; nil if all hosts are on one machine.
	MachineCPU map[string]MachineCPU `json:"machine_cpu,omitempty"`
	// WriteAmplification is the bytes that the databases wrote per byte stored, since the servers started.
	WriteAmplification float64 `json:"write_amplification"`
	Bottleneck         string  `json:"bottleneck"` // OfLink, OfClientCPU, OfServerCPU, OfDisk or OfLatency
	LinkShare          float64 `json:"link_share"` // busiest direction, in multiples of its calibrated goodput
	BoundMBps          float64 `json:"bound_MBps"` // network bound of the exact cost model; 0 when unshaped, but on machines of a cluster by their links as measured
	BoundRatio         float64 `json:"bound_ratio"`
	Concurrency        float64 `json:"concurrency"` // measured share of operations that overlap another on their key
	LittleRatio        float64 `json:"little_ratio"`
	// BetweenShare is the part of its clients' time that a closed loop spent between operations. Points of earlier versions lack it.
	BetweenShare float64 `json:"between_share,omitempty"`
	Linearizable Verdict `json:"linearizable"`
	Shaped       bool    `json:"shaped"`
	Validity
	History string `json:"history"` // file name below histories/
	// Profiles is the folder below profiles/ with what every process did in the window; empty if none was profiled.
	Profiles string `json:"profiles,omitempty"`
	// Predicted is the mean latency that the cost model gives one client; 0 when unshaped.
	Predicted Interval `json:"predicted_ms"`
	// Probe is the delay between two otherwise idle hosts of the testbed during the window; absent without NetEm.
	Probe      *MeasuredDelay `json:"probe,omitempty"`
	KeyModel   string         `json:"key_model"`      // Uniform, Hot or Zipf
	Skew       float64        `json:"skew,omitempty"` // exponent of Zipf's law; 0 in the other models
	Background Background     `json:"background"`
	Started    string         `json:"started"` // UTC, RFC 3339
	// ReadOps and WriteOps are the operations of each kind in a mix; absent of loads of one kind.
	ReadOps  *KindOf `json:"reads,omitempty"`
	WriteOps *KindOf `json:"writes,omitempty"`
	OpenLoop
	Timeline *WindowTimeline `json:"timeline,omitempty"` // absent unless the experiment asks for it
}

// Recording is how many operations per second began in the window while clients recorded everything, and while they recorded nothing.
type Recording struct {
	Everything float64 `json:"everything"`
	Nothing    float64 `json:"nothing"`
}

// Model is what one operation moves by the cost model: the exact one, or what points of earlier versions have of it.
func (p Point) Model() TrafficFactor {
	if p.ModelFactor != (TrafficFactor{}) {
		return p.ModelFactor
	}
	return p.CostFactor
}

// Deviation is by how much bytes per operation that a counter measured differ from the exact cost model's, by direction: as
// a share of these or, where they are less than a value, of the value. The measured ones are in multiples of the value's
// size, such as WireFactor. It is known only where the exact model is, which points of earlier versions lack, and where no server attacks.
func (p Point) Deviation(measured TrafficFactor) (d TrafficFactor, known bool) {
	m := p.ModelFactor
	if m == (TrafficFactor{}) || p.LoadOps == 0 || p.Attack != "" {
		return d, false
	}
	return TrafficFactor{
		(measured.ClientToServer - m.ClientToServer) / max(m.ClientToServer, 1),
		(measured.ServerToClient - m.ServerToClient) / max(m.ServerToClient, 1),
	}, true
}

// LinkFactor is LinkBytes per operation in multiples of ValueBytes; 0 where interfaces were not counted. Of what they had
// again, it leaves out as much as explains what they had too much: none can tell whether a segment that was sent again
// had passed before.
func (p Point) LinkFactor() TrafficFactor {
	if p.LoadOps == 0 {
		return TrafficFactor{}
	}
	unit := float64(p.LoadOps) * float64(p.ValueBytes)
	counted, again := p.LinkBytes.Over(unit), p.Retransmitted.Over(unit)
	counted.ClientToServer -= explained(counted.ClientToServer, p.ModelFactor.ClientToServer, again.ClientToServer)
	counted.ServerToClient -= explained(counted.ServerToClient, p.ModelFactor.ServerToClient, again.ServerToClient)
	return counted
}

// explained is how much of what was counted beyond the model was sent again.
func explained(counted, model, again float64) float64 { return min(max(counted-model, 0), again) }

// OpenLoop has the numbers of an open loop; all are zero in a closed one. It counts operations that ended in the window.
type OpenLoop struct {
	Arrivals int64   `json:"arrivals,omitempty"` // operations that were due in the window
	Backlog  Backlog `json:"backlog,omitzero"`
	// ServiceMs is from the operations' start to their end, SlipMs how late the load generator started them although a
	// client was idle and no server lagged.
	ServiceMs        Latency `json:"service_ms,omitzero"`
	ServiceHistogram string  `json:"service_histogram,omitempty"` // like Histogram
	SlipMs           Latency `json:"slip_ms,omitzero"`
	// Objective is there if the rate was looked for.
	Objective *Bounded `json:"objective,omitempty"`
}

// Backlog is operations that were due but had not begun when the window began and when it ended.
type Backlog struct {
	Begin int64 `json:"begin"`
	End   int64 `json:"end"`
}

// Interval is from Low to High, in milliseconds.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Background is the writer beside a load of READs. Neither its operations nor its bytes are in the point's others.
type Background struct {
	Ops   int64   `json:"ops"`
	Bytes int64   `json:"bytes"` // on the wire, both directions
	Share float64 `json:"share"` // of all bytes on the wire, its own included
}

// Latency summarises the latencies of the operations that ended in the window, in milliseconds.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// Percentile is one of the percentiles by its name, such as "p99"; 0 if there is none of that name.
func (l Latency) Percentile(name string) float64 {
	return map[string]float64{"p50": l.P50, "p90": l.P90, "p99": l.P99, "p999": l.P999}[name]
}

// Signatures are those of the load's processes.
type Signatures struct {
	Clients Signed `json:"clients"`
	Servers Signed `json:"servers"`
}

// Since is what has come after earlier ones.
func (s Signatures) Since(earlier Signatures) Signatures {
	return Signatures{s.Clients.since(earlier.Clients), s.Servers.since(earlier.Servers)}
}

// Signed is how many signatures were made and verified, right or wrong.
type Signed struct {
	Made     int64 `json:"made"`
	Verified int64 `json:"verified"`
}

func (s Signed) since(earlier Signed) Signed {
	return Signed{s.Made - earlier.Made, s.Verified - earlier.Verified}
}

// CPU is the CPU time of the load's processes in seconds.
type CPU struct {
	Clients float64 `json:"clients"`
	Servers float64 `json:"servers"`
}

// Allocated is bytes of heaps, given back or not.
type Allocated struct {
	Clients int64 `json:"clients"`
	Servers int64 `json:"servers"`
}

// RSS is the largest resident set of any one process of the kind, in MiB.
type RSS struct {
	Agent  float64 `json:"agent"`
	Server float64 `json:"server"`
}

// MachineCPU tells where the CPU time of one machine of a cluster went: shares of its cores, and seconds of the load's processes there.
type MachineCPU struct {
	HostCPU
	CPU
}

// HostCPU tells where the machine's CPU time went during the window, as shares of all cores. What keeps the
// cores awake counts as idle.
type HostCPU struct {
	Busy    float64 `json:"busy"`
	Foreign float64 `json:"foreign"` // busy but not in our processes; the kernel's work for our links is part of it
	Steal   float64 `json:"steal"`
}
