package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/report"
)

func newReport() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "report RESULTS…",
		Short: "Write one HTML document of claims, figures, tables and every sample",
		Long: "report reads the folders of runs and of attacks and writes one HTML file that needs no other and no network:\n" +
			"which of the paper's claims hold, all figures and tables, for each measurement its repetitions one by one,\n" +
			"machines, links, and links to the raw data. It prints the claims as text too.",
		Example: "  powbench report --out report.html results/fig2a/latest results/fig2b/latest",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE:    func(_ *cobra.Command, sets []string) error { return reportInto(out, sets) },
	}
	c.Flags().StringVar(&out, "out", "results/report.html", "file to write")
	return c
}

// reportInto writes the report on the result sets to the file, whole or not at all.
func reportInto(out string, dirs []string) error {
	sets, err := readSets(dirs)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := report.Write(&page, report.Input{Sets: sets, Dir: filepath.Dir(out)}); err != nil {
		return usage(err)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(out, page.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "wrote", out)
	return nil
}

// readSets reads the result sets in the folders.
func readSets(dirs []string) ([]*result.Set, error) {
	var sets []*result.Set
	for _, d := range dirs {
		s, err := result.Read(d)
		if err != nil {
			return nil, usage(err)
		}
		sets = append(sets, s)
	}
	return sets, nil
}
