package report

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// runAgain is the command that measures the point's repetitions again: the experiment of its run, cut down to it; beside
// an open loop there is always a closed one. Its results go into a folder of their own.
func runAgain(r *run, p result.Point) string {
	only := map[string]any{
		"protocols": []string{p.FullName()}, "operations": []string{p.Op}, "suite": p.Suite, "durability": p.Durability,
		"t": []int{p.T}, "value": []string{fmt.Sprintf("%dB", p.ValueBytes)}, "clients": []int{p.Clients},
	}
	if p.Open() {
		only["arrival"] = map[string]any{"process": p.Arrival, "rates": []string{perSecond(p.Rate)}, "clients": p.Clients}
	}
	object, err := json.Marshal(only)
	if err != nil {
		panic(err) // texts and numbers
	}
	filter := ".config + " + string(object) + ifTrue(!p.Open(), " | del(.arrival)")
	return fmt.Sprintf("jq %s %s > again.yaml && powbench run --results again again.yaml", quoted(filter), quoted(r.manifest()))
}

// perSecond is a rate as an experiment has it, such as "150/s".
func perSecond(rate float64) string { return strconv.FormatFloat(rate, 'f', -1, 64) + "/s" }

// manifest is the path of the run's manifest, as the run was given.
func (r *run) manifest() string { return filepath.Join(r.Name, result.ManifestFile) }

// attackAgain is the command that plays the trial again, after the fault-free one.
func attackAgain(r *run, t result.Trial) string {
	return fmt.Sprintf("powbench attack --protocol %s --attack %s --t %d --seed %d%s --results again",
		quoted(t.Protocol), quoted(t.Attack), t.T, r.Manifest.Seed, ifTrue(r.Manifest.Quick, " --quick"))
}

// unquoted are the characters that mean nothing to a shell.
const unquoted = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_./:"

// quoted is the text as one word of a shell.
func quoted(text string) string {
	if text != "" && strings.Trim(text, unquoted) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
