package main

import (
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
)

// sample is the record that expressions are tried on.
type sample struct {
	record            string // an envelope, @FILE or -
	key, value        string
	hasKey, hasValue  bool
	keyAs, valueAs    string
	at                string
	headers, varFlags []string
	fields            []string

	vars     []sampleVar
	envelope []byte // read once
}

type sampleVar struct {
	name  string
	value any
}

func (s *sample) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&s.record, "record", "", "the sample as `JSON` that kq consume -f json prints, @FILE, or - for standard input")
	f.StringVar(&s.value, "value", "", "its value as `TEXT`")
	f.StringVar(&s.key, "key", "", "its key as `TEXT`")
	f.StringVar(&s.valueAs, "value-as", "", "read the value as `CODEC`: "+strings.Join(codec.Names(), ", "))
	f.StringVar(&s.keyAs, "key-as", "string", "read the key as `CODEC`")
	f.StringVar(&s.at, "at", "", "its `TIME`: 2026-01-02T03:04:05Z, or milliseconds since 1970")
	f.StringArrayVar(&s.headers, "header", nil, "one of its headers, `NAME=VALUE`; repeatable")
	f.StringArrayVar(&s.varFlags, "var", nil, "another variable, `NAME=JSON`; repeatable")
	f.StringSliceVar(&s.fields, "fields", nil, "the fields that the value has, `NAME=TYPE,…`: others are mistakes then")
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		s.hasKey, s.hasValue = cmd.Flags().Changed("key"), cmd.Flags().Changed("value")
	}
}

func (s *sample) stdin() bool { return s.record == "-" }

// build declares the variables and fills them.
func (s *sample) build(stdin io.Reader) (*expr.Env, *expr.Vars, error) {
	r, err := s.read(stdin)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range s.varFlags {
		if err := s.addVar(v); err != nil {
			return nil, nil, cli.Usagef("--var %w", err)
		}
	}
	s.varFlags = nil
	env := expr.NewEnv()
	valueType, err := s.valueType()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range []string{"key", "headers", "agg", "left", "right", "a", "b", "item", "prev"} {
		env.Var(name, expr.Any)
	}
	env.Var("value", valueType).Var("timestamp", expr.Int).Var("topic", expr.String).Var("partition", expr.Int).Var("offset", expr.Int)
	env.Var("window", expr.Object(map[string]expr.Type{"start": expr.Int, "end": expr.Int}))
	for _, v := range s.vars {
		if env.Slot(v.name) < 0 {
			env.Var(v.name, expr.Any)
		}
	}
	vars := env.Vars()
	return env, vars, s.fill(env, vars, r)
}

func (s *sample) fill(env *expr.Env, vars *expr.Vars, r *kgo.Record) error {
	key, err := sampleValue("--key", s.keyAs, r.Key)
	if err != nil {
		return err
	}
	value, err := sampleValue("--value", s.valueAs, r.Value)
	if err != nil {
		return err
	}
	vars.SetValue(env.Slot("key"), &key)
	vars.SetValue(env.Slot("value"), &value)
	vars.SetInt(env.Slot("timestamp"), r.Timestamp.UnixMilli())
	vars.SetInt(env.Slot("partition"), int64(r.Partition))
	vars.SetInt(env.Slot("offset"), r.Offset)
	vars.Set(env.Slot("topic"), r.Topic)
	vars.Set(env.Slot("headers"), expr.Headers(len(r.Headers), func(i int) (string, []byte) { return r.Headers[i].Key, r.Headers[i].Value }))
	for _, v := range s.vars {
		vars.Set(env.Slot(v.name), v.value)
	}
	return nil
}

// addVar takes NAME=JSON; text that is not JSON is a string.
func (s *sample) addVar(arg string) error {
	name, text, ok := strings.Cut(arg, "=")
	if !ok || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
		return cli.Usagef("%s: it is NAME=JSON", arg)
	}
	v, err := codec.JSON{}.Decode([]byte(text))
	if err != nil {
		v = text
	}
	for i := range s.vars {
		if s.vars[i].name == name {
			s.vars[i].value = v
			return nil
		}
	}
	s.vars = append(s.vars, sampleVar{name: name, value: v})
	return nil
}

// valueType is the type that --fields declares.
func (s *sample) valueType() (expr.Type, error) {
	if len(s.fields) == 0 {
		return expr.Any, nil
	}
	fields := map[string]expr.Type{}
	for _, f := range s.fields {
		name, text, _ := strings.Cut(f, "=")
		t, ok := expr.TypeNamed(text)
		if !ok || name == "" {
			return nil, cli.WithHint(cli.Usagef("--fields %s: it is NAME=TYPE", f), "types are any, string, int, double, bool, bytes, list and map")
		}
		fields[name] = t
	}
	return expr.Object(fields), nil
}
