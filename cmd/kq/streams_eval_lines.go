package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"kq/internal/cli"
	"kq/pkg/streams/expr"
)

// lines evaluates the lines of standard input; on a terminal it asks for each,
// and a mistake there is not the command's.
func (e *evaluator) lines() error {
	env := e.app.env
	asked := env.InTTY && env.ErrTTY
	if asked {
		cli.Notef(env, ":help tells what there is, :quit leaves")
	}
	in := bufio.NewReader(env.In)
	failed := 0
	for {
		if asked {
			_, _ = io.WriteString(env.Err, "> ") // without it the prompt is missing, no more
		}
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read standard input: %w", err)
		}
		atEnd := err != nil
		line = strings.TrimSpace(line)
		if line == ":quit" || line == ":q" {
			break
		}
		if failure := e.line(line); failure != nil {
			if errors.Is(failure, cli.ErrClosedPipe) {
				return failure
			}
			e.say(line, failure)
			failed = cli.CodeFailed
		}
		if atEnd {
			break
		}
	}
	if asked {
		failed = 0
	}
	return e.finish(failed)
}

func (e *evaluator) line(line string) error {
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		return nil
	case line == ":help":
		_, err := fmt.Fprint(e.app.env.Err, replHelp)
		return err
	case strings.HasPrefix(line, ":"):
		name, text, _ := strings.Cut(line[1:], " ")
		return e.set(name, strings.TrimSpace(text))
	}
	return e.one(line)
}

const replHelp = `EXPR          evaluates it on the sample
:value TEXT   a new value, :key TEXT a new key
:NAME JSON    a new variable, or a new value of one
:quit         leaves, as the end of input does
`

// set gives a variable a new value.
func (e *evaluator) set(name, text string) error {
	switch name {
	case "value":
		e.sample.value, e.sample.hasValue = text, true
	case "key":
		e.sample.key, e.sample.hasKey = text, true
	default:
		if e.sample.addVar(name+"="+text) != nil {
			return &expr.Error{Message: ":" + name + " " + text + ": it is NAME=JSON"}
		}
	}
	env, vars, err := e.sample.build(strings.NewReader(""))
	if err != nil {
		return err
	}
	e.env, e.vars = env, vars
	return nil
}

// say tells what is wrong with src, its line and a caret below it, and returns
// the exit code.
func (e *evaluator) say(src string, err error) int {
	code := cli.CodeFailed
	var usage *cli.Error
	if errors.As(err, &usage) && usage.Code != 0 {
		code = usage.Code
	}
	var mistake *expr.Error
	if !errors.As(err, &mistake) {
		cli.Say(e.app.env, fmt.Errorf("evaluate %s: %w", src, err))
		return code
	}
	head, excerpt, _ := strings.Cut(mistake.Error(), "\n")
	cli.Notef(e.app.env, "%s", head)
	for line := range strings.Lines(excerpt) {
		// Nothing can be done where standard error cannot be written.
		_, _ = fmt.Fprintln(e.app.env.Err, "   "+printable(line))
	}
	if mistake.Hint != "" {
		_, _ = fmt.Fprintln(e.app.env.Err, "hint: "+printable(mistake.Hint))
	}
	return code
}
