package tables

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/profiles"
	"github.com/powbench/powbench/plots/stat"
)

const profileNote = "What the processors' time went into during the window, from the CPU profiles of all processes and valid runs. " +
	"A sample counts for the innermost function that is in a class, so copying counts for who copies. Sockets, files: system calls " +
	"and the little around them. CPU ms: time per operation in all processes of the side, by the kernel's count. Shares below some " +
	"thousandths rest on few samples. Profiling: what the profiles themselves took; no run without them spends it."

// functionsShown is how many functions are named of what is in no class.
const functionsShown = 5

// profileTables say what the processor's time is spent on, in each measurement and side; none without profiles.
func profileTables(cells []frame.Cell) (Tables, error) {
	spent, err := profiles.Of(cells)
	if len(spent) == 0 || err != nil {
		return nil, err
	}
	cellOf := func(s profiles.Spent) frame.Cell { return s.Cell }
	what := append(on(cellOf, pointColumns), column[profiles.Spent]{
		head: "processes", of: func(s profiles.Spent) string { return strings.ToLower(s.Side.Name) },
	})
	shares := slices.Concat(what, []column[profiles.Spent]{
		{head: "CPU ms", of: func(s profiles.Spent) string { return stat.Digits(s.Milliseconds()) }},
		{head: "samples", of: func(s profiles.Spent) string { return strconv.FormatInt(s.Samples, 10) }},
	})
	for _, class := range profiles.Classes() {
		shares = append(shares, column[profiles.Spent]{
			class, func(s profiles.Spent) string { return share(s.Share(class)) },
			func(s profiles.Spent) bool { return s.Classes[class] > 0 || class == profiles.Other },
		})
	}
	others := append(what, column[profiles.Spent]{head: "share and function", of: topOthers})
	return Tables{
		tabulate("Where the processor's time goes", shares, spent, profileNote),
		tabulate("What is in no class", others, spent, "The functions with most of what the table above calls other, by share of all samples."),
	}, nil
}

// share is a percentage with one decimal, so that a row adds up.
func share(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

func topOthers(s profiles.Spent) string {
	var all []string
	for _, f := range s.TopOthers(functionsShown) {
		all = append(all, share(float64(s.Others[f])/float64(s.Samples))+" "+f)
	}
	return stat.OrDash(strings.Join(all, ", "))
}
