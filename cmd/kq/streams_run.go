package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"kq/internal/cli"
)

// streamsRunFlags are the flags of kq streams run.
type streamsRunFlags struct {
	vars               jobVars
	serve, mem, topics bool
	data, listen       string
	once               bool
	state, query       string
}

func newStreamsRunCommand(a *app) *cobra.Command {
	var f streamsRunFlags
	cmd := &cobra.Command{
		Use:   "run FILE [flags]",
		Short: "run a job on a cluster",
		Long: `Run a job until it is interrupted: it makes its internal topics, joins the group
that has its application id as name, restores its stores, and processes. More
instances of the same job, anywhere, share its tasks. On a terminal a line shows
what it does; -v tells more.

At an interrupt it commits, leaves the group and ends with exit code 0; a second
one stops it at once, which loses nothing that was committed. --once ends it
when the input that was there at the start, and all that followed from it
through repartition topics, is processed and committed; interrupted before it is
that, it ends with 130.

--serve starts the embedded broker in the same process, as kq serve does: on
localhost:9092, where -b or --listen says, with its data in your data directory,
in --data DIR or, with --mem, in memory. Topics that the job names are made
then. It stops when the job has.

Go's variables GOGC and GOMEMLIMIT apply: memory is collected at GOGC=35 where
it is not set; 100 and more trades memory for CPU.`,
		Example: `  kq streams run wordcount.yaml
  kq streams run wordcount.yaml -b broker-1:9092 --var out=counts
  kq streams run cqrs.yaml --serve --mem
  kq streams run report.yaml --once`,
		Args:              args(1, 1, "a job file"),
		ValidArgsFunction: completeJobs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if (f.mem || f.data != "" || f.listen != "") && !f.serve {
				return cli.WithHint(cli.Usagef("--mem, --data and --listen are of the broker"), "they go with --serve")
			}
			r := streamsRun{a: a, flags: &f}
			return r.run(cmd, files[0])
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.BoolVar(&f.serve, "serve", false, "start a broker in this process first")
	s.BoolVar(&f.mem, "mem", false, "with --serve, keep the broker's data in memory")
	s.StringVar(&f.data, "data", "", "with --serve, keep the broker's data in `DIR`")
	s.StringVar(&f.listen, "listen", "", "with --serve, listen on `HOST:PORT`, where port 0 picks a free one")
	s.BoolVar(&f.once, "once", false, "end when the input that is there now is processed")
	s.BoolVar(&f.topics, "create-topics", false, "make topics that are missing, with one partition unless the job says more")
	s.StringVar(&f.state, "state", "", "keep stores in `DIR`, where the job names no stateDir; \"memory\" keeps no files (default: the user's data directory)")
	s.StringVar(&f.query, "query", "", "answer queries on `HOST:PORT`, whatever the job says")
	f.vars = addVars(cmd)
	return cmd
}

// stateDir is where stores are, "" for memory.
func (f *streamsRunFlags) stateDir(a *app) (string, error) {
	switch {
	case f.state == "memory", f.state == "" && f.mem:
		return "", nil
	case f.state != "":
		return f.state, nil
	}
	dir, err := defaultDataDir(a.env)
	if err != nil {
		return "", cli.WithHint(err, "name a directory with --state DIR, or say --state memory")
	}
	return filepath.Join(dir, "streams"), nil
}
