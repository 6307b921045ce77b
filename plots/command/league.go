package command

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/sink"
	"github.com/powbench/powbench/plots/tables"
)

func newLeague() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "league HUNTS.json",
		Short: "Tell which way to look for mistakes finds which",
		Long: "league reads what `make league` wrote, prints how many schedules each strategy took to find each mistake that was\n" +
			"made on purpose, and draws how many were alive after so many schedules.",
		Example: "  powbench league --out figures results/reference/simulation/league.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			hunts, err := result.ReadHunts(args[0])
			if err != nil {
				return Usage(err)
			}
			table := tables.Tables{tables.League(hunts)}
			c.Println(sink.String(table, sink.Text))
			files, err := plots.DrawLeague(hunts, out)
			if err != nil {
				return err
			}
			for _, file := range files {
				c.PrintErrln("wrote", file)
			}
			return write(filepath.Join(out, "league.md"), []byte(sink.String(table, sink.Markdown)))
		},
	}
	c.Flags().StringVar(&out, "out", "results/figures", "folder to write to")
	CompleteFiles(c, "json")
	return c
}
