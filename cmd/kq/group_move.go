package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

// resetGroup shows the plan of a reset, asks, and does it. The groups are those
// that an error may be about.
func (a *app) resetGroup(ctx context.Context, cl *kgo.Client, o admin.ResetGroupOptions, groups ...string) error {
	o.Approve = func(plan []admin.ResetPartition) error {
		if a.yes || a.env.InTTY && a.env.ErrTTY {
			return a.confirmReset(o.Group, plan)
		}
		// Nobody can be asked: what would be is shown all the same.
		if err := a.printPlan(o.Group, plan); err != nil && !errors.Is(err, cli.ErrReported) {
			return err
		}
		return cli.WithHint(cli.Usagef("nothing was changed: there is no terminal to ask at"), "say --yes to change it, --dry-run to look")
	}
	plan, err := admin.ResetGroup(ctx, cl, o)
	if err != nil {
		err = groupError(ctx, cl, err, groups...)
		for _, t := range o.Topics {
			err = missingTopic(ctx, cl, err, t.Topic)
		}
		return err
	}
	return a.printReset(o.Group, plan, o.DryRun)
}

func (a *app) confirmReset(group string, plan []admin.ResetPartition) error {
	changes := int64(0)
	for _, p := range plan {
		if p.Changed {
			changes++
			if !a.yes {
				cli.Notef(a.env, "%s partition %d: %s to %s", p.Topic, p.Number, orNone(p.Before), orNone(p.After))
			}
		}
	}
	return a.confirm(a.yes, "move group %q in %s?", group, plural(changes, "partition"))
}

// orNone is an offset that may not be there.
func orNone(n *int64) string {
	if n == nil {
		return "none"
	}
	return number(n)
}

// printReset prints what became of a reset.
func (a *app) printReset(group string, plan []admin.ResetPartition, dry bool) error {
	changes := int64(0)
	for _, p := range plan {
		if p.Changed {
			changes++
		}
	}
	err := a.printPlan(group, plan)
	switch {
	case err != nil && changes == 0:
		a.note("nothing was changed")
	case dry:
		a.noteDryRun(dry)
	default:
		a.note("group %q moved in %s", group, plural(changes, "partition"))
	}
	return err
}

func (a *app) printPlan(group string, plan []admin.ResetPartition) error {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">BEFORE", ">AFTER", ">MOVED", "+>START", "+>END")}
	failed := false
	for _, p := range plan {
		if p.Error != nil {
			failed = true
			a.sayItem("reset group "+strconv.Quote(group)+", "+p.Topic+" partition "+strconv.Itoa(int(p.Number)), p.Error, "")
			continue
		}
		if p.Wanted != nil {
			a.note("%s partition %d holds offsets %s to %s, not %s: %s it is", p.Topic, p.Number, number(p.Start), number(p.End), number(p.Wanted), number(p.After))
		}
		t.Rows = append(t.Rows, []string{p.Topic, strconv.Itoa(int(p.Number)), number(p.Before), number(p.After), moved(p.Moved), number(p.Start), number(p.End)})
	}
	return a.printItems(plan, t, failed)
}

// moved is a distance with its sign, which may not be known.
func moved(n *int64) string {
	if n == nil || *n == 0 {
		return number(n)
	}
	return fmt.Sprintf("%+d", *n)
}
