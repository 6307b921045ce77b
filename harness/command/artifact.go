package command

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/artifact"
	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/load"
	"github.com/powbench/powbench/plots/command"
)

// artifactFlags are the flags of artifact.
type artifactFlags struct {
	root, out, archive string
	sums               bool
}

func newArtifact() *cobra.Command {
	f := &artifactFlags{}
	c := &cobra.Command{
		Use:   "artifact",
		Short: "Write the appendix that artifact reviewers ask for, and check what badges stand for",
		Long: "artifact writes a LaTeX appendix from the claims, the configurations and their plans: which experiment decides\n" +
			"which claim, what it takes, which variation is allowed, and what came of it in results/reference. With --archive it\n" +
			"writes the commit that is checked out as a tarball for an archive such as Zenodo instead.",
		Example: "  powbench artifact --out appendix.tex\n  powbench artifact --archive powbench.tar.gz\n  powbench artifact check --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.sums && f.archive != "" || f.out != "" && (f.sums || f.archive != ""):
				return command.Usage(errors.New("--out, --sums and --archive write different things: give one of them"))
			case f.sums:
				return artifact.Sums(f.root)
			case f.archive != "":
				return f.writeArchive(c)
			}
			a, err := artifact.Collect(f.root)
			if err != nil {
				return command.Usage(err)
			}
			if f.out == "" {
				return a.Write(c.OutOrStdout())
			}
			return toFile(f.out, a.Write)
		},
	}
	c.PersistentFlags().StringVar(&f.root, "root", ".", "folder of the repository")
	c.Flags().StringVar(&f.out, "out", "", "file to write (default: standard output)")
	c.Flags().BoolVar(&f.sums, "sums", false, "write the hashes of the reference results instead")
	c.Flags().StringVar(&f.archive, "archive", "", "write a tarball of the commit instead, the same bytes each time: `FILE`.tar.gz")
	c.AddCommand(newArtifactCheck(f))
	return c
}

// writeArchive writes the tarball and says what it is of, by the hash that archives show.
func (f *artifactFlags) writeArchive(c *cobra.Command) error {
	commit, changed, err := artifact.Commit(c.Context(), f.root)
	if err != nil {
		return command.Usage(err)
	}
	h := sha256.New()
	err = toFile(f.archive, func(w io.Writer) error {
		return artifact.Archive(c.Context(), f.root, commit, io.MultiWriter(w, h))
	})
	if err != nil {
		return err
	}
	if changed {
		c.PrintErrln("powbench: files differ from the commit: what is not committed is not in the archive")
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: commit %s, sha256 %x\n", f.archive, commit, h.Sum(nil))
	return err
}

// toFile writes a whole file or none.
func toFile(name string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(write(tmp), tmp.Chmod(0o644), tmp.Close())
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return os.Rename(tmp.Name(), name)
}

func newArtifactCheck(f *artifactFlags) *cobra.Command {
	var asJSON, strict bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Execute the rules behind artifact badges",
		Long: "check executes what the badges of ACM and EuroSys stand for: available (licence, citation), functional (README\n" +
			"names the paper, the smallest experiment runs twice with the same outcome) and reproduced (claims are decided,\n" +
			"results are those that were hashed). It exits 1 if a rule of available or functional does not hold, with --strict\n" +
			"if any does not.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if done, err := inNamespace(); done || err != nil {
				return err
			}
			checks, err := artifact.Examine(c.Context(), f.root, runOnce(c.ErrOrStderr()))
			if err != nil {
				return err
			}
			var failed []string
			for _, x := range checks {
				if !x.OK && (strict || x.Badge != artifact.Reproduced) {
					failed = append(failed, x.Name)
				}
			}
			if err := printChecks(c.OutOrStdout(), checks, asJSON); err != nil {
				return err
			}
			if len(failed) > 0 {
				return fmt.Errorf("does not hold: %s", strings.Join(failed, ", "))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	c.Flags().BoolVar(&strict, "strict", false, "fail if any rule does not hold")
	return c
}

func printChecks(w io.Writer, checks []artifact.Check, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(checks)
	}
	for _, x := range checks {
		mark := "ok  "
		if !x.OK {
			mark = "FAIL"
		}
		if _, err := fmt.Fprintf(w, "%s %-10s %-9s %s: %s\n", mark, x.Badge, x.Name, x.Rule, x.Found); err != nil {
			return err
		}
	}
	return nil
}

// runOnce runs an experiment as run does.
func runOnce(progress io.Writer) artifact.Runner {
	return func(ctx context.Context, config, results string) (*result.Set, error) {
		e, err := experiment.Load(config)
		if err != nil {
			return nil, err
		}
		dir, err := load.Run(ctx, load.Options{
			Experiment: e, ConfigFile: config,
			Options: study.Options{Results: results, Scratch: filepath.Join(results, ".scratch"), Progress: progress},
		})
		if err != nil {
			return nil, err
		}
		return result.Read(dir)
	}
}
