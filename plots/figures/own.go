package figures

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
)

// ofOwn makes the pages of experiments that name no figure: latency against throughput, if there are several numbers of clients, and the peak
// against whatever else does.
func ofOwn(cells []frame.Cell) (pages []*draw.Page, err error) {
	cells = frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == "" && frame.IsClosed(c) && len(c.Valid) > 0 })
	for _, experiment := range frame.Each(cells, experimentOf) {
		mine := frame.Keep(cells, func(c frame.Cell) bool { return experimentOf(c) == experiment })
		for _, choice := range ownChoices(fileName(experiment), mine) {
			p, err := choice.draw(mine)
			if err != nil {
				return nil, fmt.Errorf("figure %s: %w", choice.Name, err)
			}
			pages = append(pages, p)
		}
	}
	return pages, nil
}

// fileName is the text with what is not safe in a file's name replaced.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", r) {
			return r
		}
		return '-'
	}, text)
}

func experimentOf(c frame.Cell) string { return c.All()[0].Experiment }

// aside is what a measurement is of, its number of clients aside.
func aside(c frame.Cell) frame.Key {
	c.Clients = 0
	return c.Key
}

// ownChoices are the figures that an experiment's measurements make.
func ownChoices(experiment string, cells []frame.Cell) (all []Choice) {
	title := cmp.Or(cells[0].Set.Manifest.Title, experimentOf(cells[0]))
	if len(frame.Each(cells, aside)) < len(cells) {
		all = append(all, Choice{Name: experiment + "-latency", Title: title, X: "throughput_MBps", Y: "latency_ms.mean"})
	}
	for _, along := range []string{"t", "value_bytes"} {
		c, _ := conditionOf(along)
		if along == "value_bytes" && slices.ContainsFunc(cells, func(c frame.Cell) bool { return c.Sizes.Asked() }) {
			continue // a distribution of sizes has no place on an axis
		}
		if len(frame.Distinct(cells, c.of)) > 1 {
			all = append(all, Choice{
				Name: experiment + "-peak-" + along, Title: title, X: along, Y: "throughput_MBps", LogX: along == "value_bytes", Peaks: true,
			})
		}
	}
	if len(all) == 0 {
		all = append(all, Choice{Name: experiment + "-latency", Title: title, X: "throughput_MBps", Y: "latency_ms.mean"})
	}
	return all
}
