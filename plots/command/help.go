package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/powbench/powbench/harness/meant"
)

// newHelp is the help command. Unlike the library's own it fails if there is no such command.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Say what a command does",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return misused(root, noCommand(root, args))
			}
			return c.Help()
		},
	}
}

// noCommand says that there is no such command, and which may be meant.
func noCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q for %q%s", strings.Join(args, " "), root.CommandPath(), suggestion(args[0], names))
}

// meantFlag suggests a flag in place of one that there is not.
func meantFlag(c *cobra.Command, err error) string {
	_, wrong, is := strings.Cut(err.Error(), "unknown flag: ")
	if !is {
		return ""
	}
	var flags []string
	c.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, "--"+f.Name) })
	return suggestion(wrong, flags)
}

// suggestion is what stands behind an error about a word, if others are like it.
func suggestion(wrong string, words []string) string {
	word := meant.Word(wrong, words)
	if word == "" || slices.Contains(words, wrong) {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", word)
}
