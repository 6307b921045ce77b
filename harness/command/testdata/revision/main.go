// Command powbench of a revision that TestRevisions builds: it measures nothing, and writes a set as run does.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

//go:embed manifest.json
var manifest []byte

//go:embed point.json
var point []byte

// faster is by how much this revision is.
const faster = 1.0

func main() {
	if len(os.Args) != 5 || os.Args[1] != "run" || os.Args[2] != "--results" {
		panic(fmt.Sprint(os.Args))
	}
	if _, err := os.Stat(os.Args[4]); err != nil {
		panic(err)
	}
	if os.Getenv("POWBENCH_TEST_WAITS") != "" {
		wait()
	}
	results := os.Args[3]
	noise := 1.0 // of its own for each set
	for _, letter := range results {
		noise += float64(letter*letter%7) / 1e5
	}
	set := filepath.Join(results, "x", "set")
	must(os.MkdirAll(set, 0o755))
	must(os.WriteFile(filepath.Join(set, "manifest.json"), manifest, 0o644))
	var p map[string]any
	must(json.Unmarshal(point, &p))
	p["throughput_MBps"] = 50 * faster * noise
	p["latency_ms"].(map[string]any)["mean"] = 3 / faster / noise
	if os.Getenv("POWBENCH_TEST_INVALID") != "" {
		p["valid"] = false
	}
	line, err := json.Marshal(p)
	must(err)
	must(os.WriteFile(filepath.Join(set, "points.jsonl"), append(line, '\n'), 0o644))
	must(os.Symlink("set", filepath.Join(results, "x", "latest")))
}

// wait waits to be interrupted, once.
func wait() {
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt)
	fmt.Fprintln(os.Stderr, "waiting")
	<-interrupts
	fmt.Fprintln(os.Stderr, "continue with --resume")
	select {
	case <-interrupts:
		must(os.WriteFile(os.Args[4]+".twice", nil, 0o644))
	case <-time.After(200 * time.Millisecond):
	}
	os.Exit(130)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
