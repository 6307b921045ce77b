package result

import "encoding/json"

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
	Config     json.RawMessage `json:"config"` // as expanded, with every default filled in
	ConfigFile string          `json:"config_file"`
	Version    Version         `json:"version"`
	Machine    Machine         `json:"machine"`
	Testbed    Testbed         `json:"testbed"`
	// Searches tells, for each series whose number of clients was searched for, what the search saw.
	Searches []Search `json:"searches,omitempty"`
}

// Version is the build that ran.
type Version struct {
	PoWBench string            `json:"powbench"` // VCS revision
	Dirty    bool              `json:"dirty"`
	Go       string            `json:"go"`
	Modules  map[string]string `json:"modules"` // the libraries that carry load
}

// Machine is where it ran.
type Machine struct {
	Kernel    string `json:"kernel"`
	CPU       string `json:"cpu"`
	Cores     int    `json:"cores"`
	MemoryMiB int64  `json:"memory_mib"`
	DataDisk  string `json:"data_disk"` // file system of the servers' databases
}

// Testbed is the emulated network.
type Testbed struct {
	Mode       string            `json:"mode"`     // "root", "user-namespace" or "loopback"
	Topology   string            `json:"topology"` // "shared-host" or "spread"
	Shaped     bool              `json:"shaped"`
	Why        string            `json:"why,omitempty"` // why it is not shaped
	RateBits   int64             `json:"rate_bits"`     // of each link and direction, on the wire
	Congestion string            `json:"congestion"`
	Hosts      []string          `json:"hosts"`
	Sysctls    map[string]string `json:"sysctls,omitempty"` // kernel settings of every host
	Before     []Link            `json:"links_before"`
	After      []Link            `json:"links_after,omitempty"`
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

// Search is the search for the number of clients that saturates one series.
type Search struct {
	Protocol   string       `json:"protocol"`
	Op         string       `json:"op"`
	T          int          `json:"t"`
	ValueBytes int          `json:"value_bytes"`
	Steps      []SearchStep `json:"steps"`
	Chosen     int          `json:"chosen"` // clients of the measured points
	Saturated  bool         `json:"saturated"`
}

// SearchStep is one number of clients that the search tried.
type SearchStep struct {
	Clients        int     `json:"clients"`
	ThroughputMBps float64 `json:"throughput_MBps"`
}
