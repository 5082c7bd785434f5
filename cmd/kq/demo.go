package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"kq/docs"
	"kq/internal/cli"
)

func newDemoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "demo [FILE]",
		Short: "see it work: a broker, topics, records, a restart",
		Long: `Start a broker in a temporary directory on a free port, write the lines of
kq's documentation, or of FILE, to it and read them back, also after a restart,
and count their words with a streams job.
Each command is printed before it runs; all is cleaned up at the end.`,
		Example: `  kq demo
  kq demo /usr/share/dict/words`,
		Args: args(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDemo(cmd.Context(), a.env, args)
		},
	}
}

// demo runs commands through the same tree as any command line.
type demo struct {
	env  *cli.Env
	dir  string // temporary
	addr string // of the broker
	file string // what is produced
	keys bool   // its lines have keys

	stop func() error // ends the broker and waits for it; nil while none runs
}

func runDemo(ctx context.Context, env *cli.Env, args []string) (err error) {
	d := demo{env: &cli.Env{In: strings.NewReader(""), Out: env.Out, Err: env.Err, Getenv: env.Getenv}}
	if d.dir, err = os.MkdirTemp("", "kq-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stopBroker(), os.RemoveAll(d.dir)) }()
	if err := d.text(args); err != nil {
		return err
	}
	if d.addr, err = freePort(); err != nil {
		return err
	}
	return d.steps(ctx)
}

func (d *demo) steps(ctx context.Context) error {
	var before, after bytes.Buffer
	produce := []string{"produce", "docs", d.file}
	template := `%p@%o %v\n`
	if d.keys {
		produce = append(produce, "-K", `\t`)
		template = `%p@%o %k: %v\n`
	}
	steps := []func() error{
		d.say("A broker in this process: its data in a temporary directory, on a free port."),
		func() error { return d.serve(ctx) },
		d.say("Topics."),
		d.kq(ctx, nil, "topic", "create", "docs", "-p", "3"),
		d.kq(ctx, nil, "topic", "create", "events", "-s", "retention.ms=3600000"),
		d.kq(ctx, nil, "topics"),
		d.say("A record a line."),
		d.kq(ctx, nil, produce...),
		d.kq(ctx, &before, "topic", "describe", "docs"),
		d.say("Reading: partition, offset, and what was written."),
		d.kq(ctx, nil, "consume", "docs", "-n", "5", "-f", template),
		d.kq(ctx, nil, "consume", "docs", "-n", "1", "-f", "json"),
		d.say("The broker stops, as with Ctrl-C, and starts again on the same data."),
		d.stopBroker,
		func() error { return d.serve(ctx) },
		d.kq(ctx, &after, "topic", "describe", "docs"),
		d.kq(ctx, nil, "consume", "docs", "-n", "3", "-f", template),
		func() error {
			if before.String() != after.String() {
				return fmt.Errorf("the topic is not what it was before the restart")
			}
			return d.say("All is there.")()
		},
		func() error { return d.streams(ctx) },
		func() error {
			return d.say("To do the same by hand start kq serve in another terminal; -b is\n# not needed then.")()
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// text chooses the file to produce: the one that was given, or the documentation,
// the name of the page before each of its lines.
func (d *demo) text(args []string) error {
	if len(args) > 0 {
		d.file = args[0]
		f, err := os.Open(d.file)
		if err != nil {
			return err
		}
		return f.Close()
	}
	d.file, d.keys = filepath.Join(d.dir, "docs.tsv"), true
	pages, err := fs.Glob(docs.Pages(), "*.md")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, page := range pages {
		f, err := docs.Pages().Open(page)
		if err != nil {
			return err
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if len(lines.Bytes()) > 0 {
				fmt.Fprintf(&b, "%s\t%s\n", page, lines.Bytes())
			}
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return os.WriteFile(d.file, b.Bytes(), 0o600)
}
