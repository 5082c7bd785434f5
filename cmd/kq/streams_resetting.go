package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

// resetStreams shows the plan of a reset, and carries it out once that is agreed to.
func (a *app) resetStreams(ctx context.Context, cl *kgo.Client, o admin.ResetStreamsOptions) error {
	o.Approve = a.approveStreamsReset
	r, err := admin.ResetStreams(ctx, cl, o)
	switch {
	case errors.Is(err, admin.ErrNotInternal):
		return cli.WithHint(err, "kq streams reset %s --dry-run shows those there are", shellQuote(o.App))
	case errors.Is(err, admin.ErrGroupActive):
		return cli.WithHint(err, "stop it first; --force removes members that are dead and not forgotten yet (session.timeout.ms)")
	case err != nil:
		return missingTopic(ctx, cl, groupError(ctx, cl, err, o.App), slices.Concat(o.Inputs, o.Intermediate)...)
	}
	if err := a.printStreamsReset(r); err != nil {
		return err
	}
	switch {
	case r.Failed():
		return cli.ErrReported
	case o.DryRun:
		a.noteDryRun(true)
	case r.Changes():
		a.note("application %q is reset: %s", r.App, summary(r))
	default:
		a.note("nothing was changed")
	}
	return nil
}

// approveStreamsReset asks; where nobody can be asked what would be is shown all
// the same.
func (a *app) approveStreamsReset(plan *admin.StreamsReset) error {
	if a.yes {
		return a.confirm(true, "")
	}
	if !a.env.InTTY || !a.env.ErrTTY {
		if err := a.printStreamsReset(plan); err != nil {
			return err
		}
		return cli.WithHint(cli.Usagef("nothing was changed: there is no terminal to ask at"), "say --yes to change it, --dry-run to look")
	}
	for _, row := range resetRows(plan) {
		a.note("%s", strings.Join(row, " "))
	}
	return a.confirm(false, "reset application %q: %s?", plan.App, summary(plan))
}

// summary counts the changes of a reset.
func summary(r *admin.StreamsReset) string {
	changed := int64(0)
	for _, o := range r.Offsets {
		if o.Changed {
			changed++
		}
	}
	text := plural(changed, "offset") + " moved, " + plural(int64(len(r.Topics)), "internal topic") + " deleted"
	if n := len(r.Members); n > 0 {
		text = plural(int64(n), "member") + " removed, " + text
	}
	return text
}

// printStreamsReset shows a plan, or what became of it; errors of items are said.
func (a *app) printStreamsReset(r *admin.StreamsReset) error {
	for _, t := range r.Others {
		a.note("topic %q stays: it is of another application", t)
	}
	for _, m := range r.Members {
		if m.Error != nil {
			a.sayItem("remove member "+strconv.Quote(m.ID), m.Error, "")
		}
	}
	for _, o := range r.Offsets {
		if o.Error != nil {
			a.sayItem(fmt.Sprintf("reset %s partition %d", o.Topic, o.Number), o.Error, "")
		} else if o.Wanted != nil {
			a.note("%s partition %d holds offsets %s to %s, not %s: %s it is", o.Topic, o.Number, number(o.Start), number(o.End), number(o.Wanted), number(o.After))
		}
	}
	for _, t := range r.Topics {
		if t.Error != nil {
			a.sayFailed("delete", t.Name, t.Error)
		}
	}
	t := out.Table{Columns: out.Cols("TOPIC", "KIND", ">PARTITION", ">BEFORE", ">AFTER"), Rows: resetRows(r)}
	return a.printItems(r, t, false)
}

func resetRows(r *admin.StreamsReset) [][]string {
	var rows [][]string
	for _, m := range r.Members {
		if m.Error == nil {
			rows = append(rows, []string{m.ID, "member", "", m.Host, "removed"})
		}
	}
	for _, o := range r.Offsets {
		if o.Error == nil {
			rows = append(rows, []string{o.Topic, o.Kind, strconv.Itoa(int(o.Number)), orNone(o.Before), orNone(o.After)})
		}
	}
	for _, t := range r.Topics {
		if t.Error == nil && t.Deleted {
			rows = append(rows, []string{t.Name, "internal", "", "there", "deleted"})
		}
	}
	return rows
}
