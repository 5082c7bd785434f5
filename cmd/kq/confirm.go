package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kq/internal/cli"
)

// confirm asks before something is destroyed: never when yes was given, on a
// terminal with a question, and elsewhere not at all, which is a mistake.
func (a *app) confirm(yes bool, question string, args ...any) error {
	if yes {
		return nil
	}
	if err := a.canConfirm(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(a.env.Err, question+" [y/N] ", args...); err != nil {
		return err
	}
	answer, err := bufio.NewReader(a.env.In).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return fmt.Errorf("nothing was done")
}

// canConfirm finds early that confirm would fail, for commands that look at the
// cluster before they ask.
func (a *app) canConfirm() error {
	if a.yes || a.env.InTTY && a.env.ErrTTY {
		return nil
	}
	return cli.WithHint(cli.Usagef("this destroys data and there is no terminal to ask at"), "say --yes")
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
