package result

import (
	"encoding/json"
	"maps"
	"slices"
)

// A Manifest says under which circumstances a run's points were measured: manifest.json.
type Manifest struct {
	Schema     int             `json:"schema"`
	Experiment string          `json:"experiment"`
	Title      string          `json:"title"`
	Figure     string          `json:"figure"`
	Started    string          `json:"started"` // UTC, RFC 3339
	Finished   string          `json:"finished,omitempty"`
	Seed       uint64          `json:"seed"`
	Quick      bool            `json:"quick"`
	Profiled   bool            `json:"profiled,omitempty"` // every process was profiled, which takes time
	Config     json.RawMessage `json:"config"`             // as expanded, with every default filled in
	ConfigFile string          `json:"config_file"`
	Version    Version         `json:"version"`
	Machine    Machine         `json:"machine"`
	Outside    *Machine        `json:"outside,omitempty"` // what ran the guest, if Machine is one
	Testbed    Testbed         `json:"testbed"`
	// Systems are the systems that ran, by their full names, such as "mpowerstore+polynomial". Manifests of earlier
	// versions lack them; Read fills them in.
	Systems map[string]System `json:"systems,omitempty"`
	// Withstands tells, for each system by its full name, under which attacks of the experiment it is measured.
	Withstands map[string][]string `json:"withstands,omitempty"`
	// Searches tells, for each series whose number of clients was searched for, what the search saw.
	Searches []Search `json:"searches,omitempty"`
	// Capacities tells the same of each series whose highest rate was searched for that keeps an objective.
	Capacities []Capacity `json:"capacities,omitempty"`
}

// Version is the build that ran.
type Version struct {
	PoWBench string            `json:"powbench"` // VCS revision
	Dirty    bool              `json:"dirty"`
	Go       string            `json:"go"`
	Modules  map[string]string `json:"modules"` // the libraries that carry load
}

// String names the build, such as "4b38c681f0aa with changes, go1.26.0, example.com/module v2.1.0".
func (v Version) String() string {
	s := v.PoWBench
	if len(s) > 12 {
		s = s[:12]
	}
	if v.Dirty {
		s += " with changes"
	}
	s += ", " + v.Go
	for _, module := range slices.Sorted(maps.Keys(v.Modules)) {
		s += ", " + module + " " + v.Modules[module]
	}
	return s
}

// Machine describes the machine of the runs.
type Machine struct {
	Kernel    string `json:"kernel"`
	CPU       string `json:"cpu"`
	Cores     int    `json:"cores"`
	MemoryMiB int64  `json:"memory_mib"`
	DataDisk  string `json:"data_disk"` // file system of the servers' databases
	// Governor is the first processor's, such as "powersave", and Turbo whether processors may exceed their usual frequency, "on" or
	// "off"; empty where the kernel does not tell, as in a virtual machine.
	Governor string `json:"governor,omitempty"`
	Turbo    string `json:"turbo,omitempty"`
}

// Cores is how many the run's processes share: those of the machine, or of a cluster's machines in all, each counted once however
// many names it has.
func (m Manifest) Cores() (sum int) {
	if len(m.Testbed.Machines) == 0 {
		return m.Machine.Cores
	}
	seen := map[string]bool{}
	for _, r := range m.Testbed.Machines {
		if !seen[r.BootID] {
			sum += r.Machine.Cores
		}
		seen[r.BootID] = r.BootID != ""
	}
	return sum
}

// Testbed is the emulated network.
type Testbed struct {
	Mode       string            `json:"mode"`     // "root", "user-namespace" or "loopback"
	Topology   string            `json:"topology"` // SharedHost, Spread or Loopback
	Shaped     bool              `json:"shaped"`
	Unlimited  bool              `json:"unlimited,omitempty"`   // it is not shaped because nobody asked for it
	Why        string            `json:"why,omitempty"`         // why it is not shaped although somebody asked
	RateBits   int64             `json:"rate_bits"`             // of each link and direction, on the wire
	QueueBytes int64             `json:"queue_bytes,omitempty"` // before each link and direction; manifests of earlier versions lack it
	Congestion string            `json:"congestion"`
	Hosts      []string          `json:"hosts"`
	Sysctls    map[string]string `json:"sysctls,omitempty"` // kernel settings of every host
	Before     []Link            `json:"links_before"`
	After      []Link            `json:"links_after,omitempty"`
	// Guest is the release of the User-mode Linux kernel that carried the run, or empty if this machine's own kernel did.
	Guest string `json:"guest,omitempty"`
	// Offload tells whether packets of up to 64 KiB pass the links whole (TCP segmentation offload).
	Offload bool `json:"offload"`
	// Delays are those that NetEm was asked for; From and To are both empty if all hosts have the same.
	Delays       []Delay         `json:"delays,omitempty"`
	DelaysBefore []MeasuredDelay `json:"delays_before,omitempty"`
	DelaysAfter  []MeasuredDelay `json:"delays_after,omitempty"`
	// TripsBefore and TripsAfter are what NetEm makes of round trips between machines of a cluster, whose clocks are not good enough
	// for one-way delays.
	TripsBefore []RoundTrip `json:"round_trips_before,omitempty"`
	TripsAfter  []RoundTrip `json:"round_trips_after,omitempty"`
	// Machines are those of a cluster, each a host; none if all hosts are on one machine, which the manifest describes.
	Machines []RemoteMachine `json:"machines,omitempty"`
}

// A RemoteMachine is a machine of a cluster.
type RemoteMachine struct {
	Name    string  `json:"name"`
	Address string  `json:"address"`
	Machine Machine `json:"machine"`
	NIC     string  `json:"nic,omitempty"`     // the interface that has the address, its driver and speed, as far as they are known
	Load    float64 `json:"load"`              // average of the minute before the run
	BootID  string  `json:"boot_id,omitempty"` // of its kernel: machines with the same one are one machine by several names
	// ClockErrorUs is how far its time may be off from the coordinator's when it was last read, either way, and ClockDriftPPM how
	// fast its clock runs away from it.
	ClockErrorUs  float64 `json:"clock_error_us"`
	ClockDriftPPM float64 `json:"clock_drift_ppm"`
}

// Delay is NetEm's configuration for the packets from one host to another.
type Delay struct {
	From         string  `json:"from,omitempty"`
	To           string  `json:"to,omitempty"`
	MeanMs       float64 `json:"mean_ms"` // NetEm's parameter; the mean of a clipped table is a little less
	JitterMs     float64 `json:"jitter_ms"`
	Distribution string  `json:"distribution"`
	Loss         float64 `json:"loss"`      // probability
	Reorder      float64 `json:"reorder"`   // probability
	RateBits     int64   `json:"rate_bits"` // of NetEm's own queue, which keeps packets in order; 0: none
	Limit        int     `json:"limit"`     // packets
}

// MeasuredDelay is the one-way delay between two hosts as sampled, without the path's own floor.
type MeasuredDelay struct {
	From      string  `json:"from"`
	To        string  `json:"to"`
	Samples   int     `json:"samples"`
	Lost      int     `json:"lost"`
	Reordered int     `json:"reordered"` // arrived after one sent later
	Dropped   uint64  `json:"dropped"`   // of all packets that left From meanwhile, by its queue and NetEm
	FloorMs   float64 `json:"floor_ms"`  // median one-way delay with NetEm's set to 0
	MeanMs    float64 `json:"mean_ms"`
	SDMs      float64 `json:"sd_ms"`
	MinMs     float64 `json:"min_ms"`
	P50Ms     float64 `json:"p50_ms"`
	P90Ms     float64 `json:"p90_ms"`
	P99Ms     float64 `json:"p99_ms"`
	MaxMs     float64 `json:"max_ms"`
	// What the table and parameters give.
	AskedMeanMs float64 `json:"asked_mean_ms"`
	AskedSDMs   float64 `json:"asked_sd_ms"`
	KS          float64 `json:"ks"`            // Kolmogorov–Smirnov distance between the two
	Off         string  `json:"off,omitempty"` // what is not as asked; absent if all is
}

// RoundTrip is by how much NetEm prolongs the round trip between two machines, as sampled.
type RoundTrip struct {
	From        string  `json:"from"`
	To          string  `json:"to"`
	Samples     int     `json:"samples"`
	FloorMs     float64 `json:"floor_ms"` // mean round trip without NetEm
	MeanMs      float64 `json:"mean_ms"`  // beyond that
	AskedMeanMs float64 `json:"asked_mean_ms"`
	Off         string  `json:"off,omitempty"` // what is not as asked; absent if all is
}

// Link is one host's link as it was measured, both directions at once, while all hosts were up.
type Link struct {
	Host        string  `json:"host"`
	Peer        string  `json:"peer"`    // the host at the other end of the measurement
	UpMbps      float64 `json:"up_mbps"` // TCP goodput host → switch, 10^6 bit/s
	DownMbps    float64 `json:"down_mbps"`
	RTTUsMean   float64 `json:"rtt_us_mean"` // of small messages on the idle link
	RTTUsP50    float64 `json:"rtt_us_p50"`
	RTTUsP99    float64 `json:"rtt_us_p99"`
	RTTSamples  int     `json:"rtt_samples"`
	QueueDrops  uint64  `json:"queue_drops"` // both directions, during the measurement
	MeasuredFor float64 `json:"measured_for_s"`
	Attempts    int     `json:"attempts"` // other work can spoil a measurement: it is repeated, the best counts
}

// A System is a protocol, or a variant of one, as figures and tables name it and put it in order.
type System struct {
	Protocol string `json:"protocol"` // as in points and trials
	Variant  string `json:"variant"`  // Paper unless it is an ablation
	Title    string `json:"title"`    // the protocol's name as its paper writes it
	Order    int    `json:"order"`    // the protocol's place in legends and tables, from 1
}

// earlier are the protocols of the manifests that have no Systems, in their order.
var earlier = []System{
	{Protocol: "mpowerstore", Title: "M-PoWerStore"},
	{Protocol: "mabd", Title: "M-ABD"},
	{Protocol: "phalanx", Title: "Phalanx"},
	{Protocol: "powerstore", Title: "PoWerStore"},
	{Protocol: "cas", Title: "CAS"},
	{Protocol: Null, Title: "null protocol"},
}

// fillSystems adds the systems of points and trials that the manifest lacks, as manifests of earlier versions do.
func (s *Set) fillSystems() {
	if s.Manifest.Systems == nil {
		s.Manifest.Systems = map[string]System{}
	}
	for _, p := range s.Points {
		s.fillSystem(p.FullName())
	}
	for _, t := range s.Trials {
		s.fillSystem(t.Protocol)
	}
}

// fillSystem adds one system. One that is not known has its own name for a title and comes behind the others.
func (s *Set) fillSystem(name string) {
	if _, had := s.Manifest.Systems[name]; had {
		return
	}
	protocol, variant := SplitName(name)
	system := System{Protocol: protocol, Variant: variant, Title: protocol, Order: len(earlier) + 1}
	for i, e := range earlier {
		if e.Protocol == protocol {
			system.Title, system.Order = e.Title, i+1
		}
	}
	s.Manifest.Systems[name] = system
}
