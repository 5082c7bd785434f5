package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/streams/query"
)

// streamsQuery is what kq streams query asks for.
type streamsQuery struct {
	app, store string
	params     url.Values // of the HTTP API
	count      bool
	watch      bool
}

func newStreamsQueryCommand(a *app) *cobra.Command {
	var at []string
	var tokenFile string
	var q streamsQuery
	cmd := &cobra.Command{
		Use:   "query APP [STORE [KEY]] [flags]",
		Short: "ask a running job for what its stores hold",
		Long: `Ask the instances of a running job for its stores, the entries of one, or those
of a key: one value, or the windows or sessions of that key. An instance is
found through the group APP; any of them knows where a key is. The job's file
says where they listen: query: {listen: 127.0.0.1:7070}.

TIME is RFC 3339 or milliseconds since 1970. --watch prints the entries there
are and then each change as it is committed, a JSON document a line, value null
where one is gone, until it is interrupted.`,
		Example: `  kq streams query streams-wordcount
  kq streams query streams-wordcount counts kafka
  kq streams query accounts accounts --from a --to k -o json
  kq streams query windowed-wordcount wc kafka --window 2026-01-01T00:00:00Z..
  kq streams query accounts accounts --watch --url localhost:7070`,
		Args:              args(1, 3, "the application id"),
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.read(cmd, args); err != nil {
				return err
			}
			if len(at) > 0 {
				return a.queryStreams(cmd.Context(), &q, at, tokenFile)
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				hosts, err := instances(ctx, cl, q.app)
				if err != nil {
					return groupError(ctx, cl, err, q.app)
				}
				return a.queryStreams(ctx, &q, hosts, tokenFile)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	addInstances(f, &at, &tokenFile)
	f.String("from", "", "from this `KEY` on")
	f.String("to", "", "up to this `KEY`, which is included")
	f.String("prefix", "", "keys that begin with `TEXT`")
	f.String("window", "", "windows that start, or sessions that lie, between `TIME..TIME`; each may be left out")
	f.String("as-of", "", "what a versioned store held at `TIME`")
	f.Int("limit", 0, "at most `N` entries (default: 1000)")
	f.Bool("reverse", false, "from the last key to the first")
	f.Bool("stale", false, "take the answer of a copy where the owner does not answer")
	f.BoolVar(&q.count, "count", false, "print how many entries the store holds")
	f.BoolVar(&q.watch, "watch", false, "print changes as they are committed")
	f.Lookup("limit").DefValue = "0"
	return cmd
}

// read takes arguments and flags.
func (q *streamsQuery) read(cmd *cobra.Command, args []string) error {
	q.app, q.params = args[0], url.Values{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "from", "to", "prefix", "window", "limit":
			q.params.Set(f.Name, f.Value.String())
		case "as-of":
			q.params.Set("asOf", f.Value.String())
		case "reverse":
			q.params.Set(f.Name, "1")
		case "stale":
			q.params.Set(f.Name, "ok")
		}
	})
	if len(args) > 1 {
		q.store = args[1]
	}
	if len(args) > 2 {
		q.params.Set("key", args[2])
	}
	switch {
	case q.store == "" && (len(q.params) > 0 || q.count || q.watch):
		return cli.WithHint(cli.Usagef("streams query needs a store"), "kq streams query %s lists them", shellQuote(q.app))
	case q.count && (q.watch || len(args) > 2):
		return cli.Usagef("--count counts a whole store")
	}
	return nil
}

// queryError makes what an instance said an error of this command.
func (q *streamsQuery) queryError(err error) error {
	var status *query.StatusError
	switch {
	case errors.Is(err, query.ErrOptions):
		return optionError("", err, "")
	case errors.Is(err, query.ErrNobody):
		return cli.WithCode(cli.WithHint(err, "kq streams list shows whether %s runs", shellQuote(q.app)), cli.CodeConnect)
	case !errors.As(err, &status):
		return err
	case status.Code == http.StatusBadRequest:
		return cli.Usagef("%w", err)
	case status.Code == http.StatusUnauthorized:
		return cli.WithHint(err, "--token-file names a file that holds it")
	case status.Code == http.StatusNotFound:
		return cli.WithHint(err, "kq streams query %s lists the stores", shellQuote(q.app))
	case status.Code == http.StatusServiceUnavailable:
		return cli.WithHint(err, "try again in a moment; --stale takes the answer of a copy")
	}
	return err
}
