package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A file of raw data.
type file struct {
	Name string
	Href string // relative to the document; empty if there is no such file
}

// A folder holds the raw data of a run.
type folder struct {
	path string // without links, as "latest" will not stay the same
	from string // the document's folder
}

func newFolder(dir, from string) folder {
	return folder{resolved(dir), resolved(from)}
}

// resolved is the absolute path without symbolic links, as far as there is one.
func resolved(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// rawData lists the files in the folder.
func (f folder) rawData() []file {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil // sets that were never on a disk
	}
	var there []file
	for _, e := range entries {
		there = append(there, f.file(e.Name()))
	}
	return there
}

// history is the file of that name among the histories.
func (f folder) history(name string) file {
	if name == "" {
		return file{}
	}
	x := f.file(filepath.Join(result.HistoryDir, filepath.Base(name)))
	x.Name = name
	return x
}

func (f folder) file(name string) file {
	path := filepath.Join(f.path, name)
	relative, err := filepath.Rel(f.from, path)
	if err != nil {
		return file{Name: name}
	}
	if _, err := os.Stat(path); err != nil {
		return file{Name: name}
	}
	return file{name, (&url.URL{Path: filepath.ToSlash(relative)}).String()}
}

// runAgain is the command that measures the point's repetitions again: the experiment of its run, cut down to it; beside
// an open loop there is always a closed one. Its results go into a folder of their own.
func runAgain(r *run, p result.Point) string {
	only := map[string]any{
		"protocols": []string{p.FullName()}, "suite": p.Suite, "durability": p.Durability,
		"t": []int{p.T}, "value": []any{fmt.Sprintf("%dB", p.ValueBytes)}, "clients": []int{p.Clients},
		"auth": cmp.Or(p.Auth, result.NoAuth),
	}
	if p.Sizes.Asked() {
		only["value"] = []any{p.Sizes}
	}
	var without []string // keys of the experiment
	var plan result.Plan
	_ = json.Unmarshal(r.Manifest.Config, &plan) // then it has none of what follows
	if p.Mixed() {
		only["mix"] = p.Op
		without = append(without, ".operations")
	} else if only["operations"] = []string{p.Op}; len(plan.Mix) > 0 {
		without = append(without, ".mix")
	}
	if len(plan.Attack) > 0 {
		only["attack"] = cmp.Or(p.Attack, result.FaultFree)
	}
	if plan.Objective.Asked() {
		without = append(without, ".objective")
	}
	if !p.Open() {
		without = append(without, ".arrival")
	} else {
		only["arrival"] = map[string]any{"process": p.Arrival, "rates": []string{perSecond(p.Rate)}, "clients": p.Clients}
	}
	object, err := json.Marshal(only)
	if err != nil {
		panic(err) // texts and numbers
	}
	filter := ".config + " + string(object) + ifTrue(len(without) > 0, " | del("+strings.Join(without, ", ")+")")
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

// unquoted are the characters that a shell does not interpret.
const unquoted = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_./:"

// quoted is the text as one word of a shell.
func quoted(text string) string {
	if text != "" && strings.Trim(text, unquoted) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
