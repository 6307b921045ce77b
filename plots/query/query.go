// Package query is the language in which claims and documents ask for results: expressions over result sets, such as
//
//	peak("2b", "mpowerstore", "read") / peak("2b", "mabd", "read") >= 1.5
//
// Their values are quantities: numbers that were measured once in each repetition, with 95 % confidence intervals, and
// exact ones, such as counts. Two quantities are combined repetition by repetition, as both then suffered the same noise;
// a quotient is a ratio, of which the geometric mean is taken, exactly as in stat.Paired.
//
// It imports plots/stat and frame, and harness/result; claims, numbers, report and command import it.
package query

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// Results hold the records on which expressions are evaluated. In the zero Results every number is missing, but a wrong
// expression is an error all the same.
type Results struct {
	records map[string][]record // by kind
}

// New gathers the points, trials and costs of the sets, and what was found in virtual time. It refuses points that do not belong
// together, as frame.Cells does, and trials and costs that two sets have.
func New(sets []*result.Set, found result.Virtual) (*Results, error) {
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	r := &Results{map[string][]record{}}
	r.addPoints(cells)
	r.addLeads(cells)
	r.addVirtual(found)
	return r, r.addTrialsAndCosts(sets)
}

// ReadAll reads every run, attack, simulation and exploration below dir: the folders with a manifest, and the JSON files of folders
// named simulation.
func ReadAll(dir string) (sets []*result.Set, found result.Virtual, err error) {
	var virtual []string
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err == nil && e.Name() == result.ManifestFile:
			s, err := result.Read(filepath.Dir(path))
			if sets = append(sets, s); err == nil {
				err = errors.Join(s.Garbled...) // documents stand on all lines
			}
			return err
		case err == nil && filepath.Base(filepath.Dir(path)) == "simulation" && filepath.Ext(path) == ".json":
			virtual = append(virtual, path)
		}
		return err
	})
	if err == nil {
		found, err = result.ReadVirtual(virtual...)
	}
	return sets, found, err
}

// ID names the point of which p is a repetition, as in "fig2b/mpowerstore/read/t1/256KiB/c8/paper/write"; in an open
// loop the rate stands behind the clients, as in "c6/r100".
func ID(p result.Point) string {
	size := fmt.Sprintf("%dB", p.ValueBytes)
	if p.ValueBytes%1024 == 0 {
		size = fmt.Sprintf("%dKiB", p.ValueBytes/1024)
	}
	if p.Sizes.Asked() {
		size = p.Size()
	}
	load := fmt.Sprintf("c%d", p.Clients)
	if p.Open() {
		load += fmt.Sprintf("/r%g", p.Rate)
	}
	id := fmt.Sprintf("%s/%s/%s/t%d/%s/%s/%s/%s", p.Experiment, p.FullName(), p.Op, p.T, size, load, p.Suite, p.Durability)
	if p.Auth != "" {
		id += "/" + p.Auth
	}
	if p.Attack != "" {
		id += "/" + p.Attack
	}
	return id
}

// TrialID names a trial, as in "attack/mpowerstore/B6".
func TrialID(t result.Trial) string { return "attack/" + t.Protocol + "/" + t.Attack }

// CostID names a scheme's costs at one t, as in "costs/hash-sha1/t2".
func CostID(c result.Cost) string { return fmt.Sprintf("costs/%s/t%d", c.Scheme, c.T) }
