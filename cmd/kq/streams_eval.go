package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
)

func newStreamsEvalCommand(a *app) *cobra.Command {
	var s sample
	cmd := &cobra.Command{
		Use:   "eval [EXPR…] [flags]",
		Short: "try expressions of streams jobs on a sample record",
		Long: `Evaluate the expressions of streams jobs on a sample record and print each
result as a line of JSON: EXPR…, or else the lines of standard input; on a
terminal at a prompt, where :value TEXT and :NAME JSON change the sample.

The sample is a record as kq consume -f json prints it, or made of flags; the
value is JSON where it can be read as such. Variables are key, value,
timestamp, headers, topic, partition and offset. Others, such as left and right
of a join or agg of an aggregation, are those that --var gives and null.`,
		Example: `  kq streams eval 'value.total > 100' --value '{"total": 120}'
  kq streams eval 'words(value)' --value 'Hello, Kafka' -o json
  kq consume orders -n 1 -f json > one; kq streams eval --record @one
  kq streams eval 'left.n * right' --var left='{"n":2}' --var right=3`,
		Args: args(0, -1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.stdin() && len(args) == 0 {
				return cli.WithHint(cli.Usagef("--record - and expressions cannot both be standard input"), "give the expressions as arguments")
			}
			e, err := newEvaluator(a, &s)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				return e.all(args)
			}
			return e.lines()
		},
	}
	s.addFlags(cmd)
	return cmd
}

// evaluated is the result of one expression.
type evaluated struct {
	Expression string     `json:"expression"`
	Type       string     `json:"type"`
	Result     jsonResult `json:"result"`
}

// jsonResult is a value as streams write it: sorted keys, doubles with a point.
type jsonResult struct{ v any }

// MarshalJSON writes the value.
func (r jsonResult) MarshalJSON() ([]byte, error) { return codec.AppendJSON(nil, r.v) }

// evaluator runs expressions on one sample.
type evaluator struct {
	app     *app
	sample  *sample
	env     *expr.Env
	vars    *expr.Vars
	results []evaluated
}

func newEvaluator(a *app, s *sample) (*evaluator, error) {
	env, vars, err := s.build(a.env.In)
	if err != nil {
		return nil, err
	}
	return &evaluator{app: a, sample: s, env: env, vars: vars, results: []evaluated{}}, nil
}

// all evaluates the expressions of the command line.
func (e *evaluator) all(sources []string) error {
	failed := 0
	for _, src := range sources {
		if err := e.one(src); err != nil {
			failed = max(failed, e.say(src, err))
		}
	}
	return e.finish(failed)
}

// one evaluates src and prints the result, unless that waits for the document.
func (e *evaluator) one(src string) error {
	p, err := expr.Compile(src, e.env, expr.Any)
	if err != nil {
		return cli.WithCode(err, cli.CodeUsage)
	}
	v, err := p.Run(e.vars)
	if err != nil {
		return err
	}
	text, err := codec.AppendJSON(nil, v)
	if err != nil {
		return fmt.Errorf("print the result of %s: %w", src, err)
	}
	if e.app.output == string(out.TableFormat) {
		_, err = fmt.Fprintf(e.app.env.Out, "%s\n", text)
		return err
	}
	e.results = append(e.results, evaluated{Expression: src, Type: p.Type().String(), Result: jsonResult{v}})
	return nil
}

// finish prints what -o asks for.
func (e *evaluator) finish(failed int) error {
	if e.app.output != string(out.TableFormat) {
		t := out.Table{Columns: out.Cols("EXPRESSION", "RESULT", "TYPE")}
		for _, r := range e.results {
			text, err := codec.AppendJSON(nil, r.Result.v)
			if err != nil {
				return err
			}
			t.Rows = append(t.Rows, []string{r.Expression, string(text), r.Type})
		}
		if err := e.app.print(e.results, t); err != nil {
			return err
		}
	}
	if failed != 0 {
		return cli.WithCode(cli.ErrReported, failed)
	}
	return nil
}
