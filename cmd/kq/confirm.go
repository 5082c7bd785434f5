package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kq/internal/cli"
)

// confirm asks before something is destroyed in a cluster: never when yes was
// given, on a terminal with a question, and elsewhere not at all, which is a
// mistake. A profile that is protected wants its name: typed, or on the command
// line together with --yes.
func (a *app) confirm(yes bool, question string, args ...any) error {
	named, err := a.profileNamed(yes)
	if err != nil {
		return err
	}
	if named == "" {
		return a.confirmHere(yes, question, args...)
	}
	if yes && a.profile == named {
		return nil
	}
	answer, err := a.answer("profile %s is protected. "+question+" Type the profile's name: ", append([]any{named}, args...)...)
	if err == nil && answer != named {
		err = fmt.Errorf("nothing was done")
	}
	return err
}

// canConfirm finds early that confirm would fail, for commands that look at the
// cluster before they ask.
func (a *app) canConfirm() error {
	named, err := a.profileNamed(a.yes)
	if err != nil || named != "" {
		return err
	}
	return a.canAsk(a.yes)
}

// profileNamed is the name of the profile in use where it is protected, and so
// has to be named; an error where it is not and nobody can be asked.
func (a *app) profileNamed(yes bool) (string, error) {
	s, err := a.settings()
	if err != nil || !s.Profile.Protected {
		return "", err
	}
	name := s.Profile.Name
	if yes && a.profile == name || a.env.InTTY && a.env.ErrTTY {
		return name, nil
	}
	return "", cli.WithHint(cli.Usagef("profile %s is protected, and there is no terminal to ask at", name), "say --yes and --profile %s", shellQuote(name))
}

func (a *app) canAsk(yes bool) error {
	if yes || a.env.InTTY && a.env.ErrTTY {
		return nil
	}
	return cli.WithHint(cli.Usagef("this destroys data and there is no terminal to ask at"), "say --yes")
}

// confirmHere is confirm for what is not in a cluster.
func (a *app) confirmHere(yes bool, question string, args ...any) error {
	if yes {
		return nil
	}
	if err := a.canAsk(yes); err != nil {
		return err
	}
	answer, err := a.answer(question+" [y/N] ", args...)
	if err != nil {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	}
	return fmt.Errorf("nothing was done")
}

// answer prints a question and reads a line.
func (a *app) answer(question string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(a.env.Err, question, args...); err != nil {
		return "", err
	}
	answer, err := bufio.NewReader(a.env.In).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	return strings.TrimSpace(answer), nil
}

// confirmDeletion asks about things that an expression matched: with the names a
// line each where they are many. one and many say what goes with them.
func (a *app) confirmDeletion(noun string, names []string, one, many string) error {
	if len(names) > 3 && !a.yes {
		for _, n := range names {
			cli.Notef(a.env, "delete %s %q", noun, n)
		}
		return a.confirm(a.yes, "delete these %s and %s?", plural(int64(len(names)), noun), many)
	}
	return a.confirm(a.yes, "delete %s and %s?", strings.Join(quoted(names), ", "), one)
}

func quoted(names []string) []string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return q
}

// shellQuote makes a word that a POSIX shell reads as s.
func shellQuote(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@+", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !safe(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
