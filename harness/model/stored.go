package model

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// A Stored is a record that a server stores: its name, and the lengths of body and payload.
type Stored struct {
	Name          string
	New           bool // each WRITE stores beside what is there, under a name of its own; else it replaces the last one's
	Body, Payload int
}

// Batches are what each server stores because of one WRITE of the case to a key that has been written before: batch by batch,
// each all or none, in their order.
func Batches(c Case) ([][][]Stored, error) {
	c.Op, c.Writes = protocols.Write, 1
	first, err := stored(c)
	if err != nil {
		return nil, err
	}
	c.Writes++
	second, err := stored(c)
	if err != nil {
		return nil, err
	}
	for server, batches := range first {
		for i, batch := range batches {
			if len(batches) != len(second[server]) || len(batch) != len(second[server][i]) {
				return nil, fmt.Errorf("servers of %s do not store as many records because of one WRITE as of the next: what they "+
					"store cannot be repeated", protocols.NameOf(c.Protocol))
			}
			for j := range batch {
				batch[j].New = batch[j].Name != second[server][i][j].Name
			}
		}
	}
	return first, nil
}

// stored is Batches of one WRITE by itself.
func stored(c Case) ([][][]Stored, error) {
	mem := arenas.Get().(*arena)
	defer arenas.Put(mem)
	said, err := dryRun(c, mem)
	if err != nil {
		return nil, err
	}
	all := make([][][]Stored, c.Protocol.Traits(c.T).Servers)
	for _, leg := range said {
		for server, batches := range leg.Stored {
			for _, b := range batches {
				lengths, err := lengthsOf(b)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", protocols.NameOf(c.Protocol), err)
				}
				all[server] = append(all[server], lengths)
			}
		}
	}
	return all, nil
}

// lengthsOf are the records of a batch. One that is deleted has none: which, that depends on earlier WRITEs.
func lengthsOf(b play.Batch) (all []Stored, err error) {
	for _, r := range b {
		if r.Delete {
			return nil, fmt.Errorf("a WRITE deletes the record %q, and what it deletes cannot be repeated", r.Name)
		}
		all = append(all, Stored{Name: r.Name, Body: len(r.Body), Payload: len(r.Payload)})
	}
	return all, nil
}
