package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kq/docs/examples"
	"kq/internal/cli"
	"kq/internal/out"
)

// exampleJob is an example that kq streams init writes.
type exampleJob struct {
	Name string `json:"name"`
	Text string `json:"text"` // what it shows
}

func newStreamsInitCommand(a *app) *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:   "init [EXAMPLE] [FILE] [flags]",
		Short: "write an example of a job file",
		Long: `Write an example of a job file to FILE, EXAMPLE.yaml where none is given, - for
standard output. Without EXAMPLE list those there are. A file that is there
stays as it is.`,
		Example: `  kq streams init
  kq streams init wordcount
  kq streams init click-sessions job.yaml && kq streams test job.yaml`,
		Args: args(0, 2, "an example and a file"),
		ValidArgsFunction: func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(given) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return exampleNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.printExamples()
			}
			src, err := fs.ReadFile(examples.Files(), args[0]+".yaml")
			if err != nil {
				e := cli.Usagef("there is no example %q", args[0])
				if near := cli.Nearest(args[0], exampleNames()); near != "" {
					return cli.WithHint(e, "did you mean %q?", near)
				}
				return cli.WithHint(e, "kq streams init lists those there are")
			}
			file := args[0] + ".yaml"
			if len(args) > 1 {
				file = args[1]
			}
			return a.writeExample(file, src, force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	return cmd
}

func (a *app) writeExample(file string, src []byte, force bool) error {
	if file == "-" {
		_, err := a.env.Out.Write(src)
		return err
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, mode, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return cli.WithHint(fmt.Errorf("%s is there already", file), "give another FILE, or --force to write over it")
	}
	if err != nil {
		return fmt.Errorf("create %s: %w", file, err)
	}
	if _, err = f.Write(src); err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	a.note("wrote %s; try: kq streams test %s", file, shellQuote(file))
	return nil
}

func exampleNames() []string {
	files, _ := fs.Glob(examples.Files(), "*.yaml") // the pattern is good
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

func (a *app) printExamples() error {
	all, t := []exampleJob{}, out.Table{Columns: out.Cols("EXAMPLE", "WHAT")}
	for _, name := range exampleNames() {
		src, err := fs.ReadFile(examples.Files(), name+".yaml")
		if err != nil {
			return err
		}
		text := firstSentence(string(src))
		all = append(all, exampleJob{Name: name, Text: text})
		t.Rows = append(t.Rows, []string{name, text})
	}
	return a.print(all, t)
}

// firstSentence is that of the comment which a file begins with.
func firstSentence(src string) string {
	var words []string
	for line := range strings.Lines(src) {
		text, ok := strings.CutPrefix(line, "# ")
		if !ok {
			break
		}
		words = append(words, strings.Fields(text)...)
	}
	s, _, _ := strings.Cut(strings.Join(words, " ")+" ", ". ")
	return strings.TrimSuffix(s, " ")
}
