package result

// The kinds of processes, as the names of their files begin.
const (
	ServerProcess = "server"
	AgentProcess  = "agent"
)

// CPUProfile is the kind of the profile that says where the processor's time goes.
const CPUProfile = "cpu"

// profileSuffix ends the names of profiles, as pprof likes it.
const profileSuffix = ".pb.gz"

// ProfileFile is the name of the file with a process's profile of some kind: server-1.cpu.pb.gz.
func ProfileFile(process, kind string) string { return process + "." + kind + profileSuffix }
