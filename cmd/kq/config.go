package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/admin"
)

func newConfigCommand(a *app) *cobra.Command {
	return newNoun("config", "read and change configs of topics, brokers and groups", nil,
		newConfigGetCommand(a), newConfigSetCommand(a), newConfigUnsetCommand(a))
}

// resourceHelp tells in the help of each verb what TYPE/NAME is.
const resourceHelp = `TYPE/NAME is topic/NAME, broker/ID, broker/default (what all brokers inherit),
group/NAME or client-metrics/NAME.`

// resource reads TYPE/NAME.
func resource(arg string) (admin.Resource, error) {
	r, err := admin.ParseResource(arg)
	if errors.Is(err, admin.ErrResourceType) {
		types := admin.ResourceTypes()
		kind, name, _ := strings.Cut(arg, "/")
		if near := cli.Nearest(kind, types); near != "" {
			return r, optionError("", err, "did you mean %s?", shellQuote(near+"/"+name))
		}
		return r, optionError("", err, "TYPE/NAME begins with %s", list(types))
	}
	if err != nil {
		return r, optionError("", err, "it is topic/NAME, broker/ID, broker/%s, group/NAME or client-metrics/NAME", admin.DefaultBroker)
	}
	return r, nil
}

// missingResource makes an error about a topic that does not exist one that has
// the nearest name. Others pass.
func missingResource(ctx context.Context, cl *kgo.Client, err error, r admin.Resource) error {
	if r.Type == "topic" && errors.Is(err, kerr.UnknownTopicOrPartition) {
		return missingTopic(ctx, cl, err, r.Name)
	}
	return err
}

// noSuchBroker adds a hint to an error about a broker that is not there.
func noSuchBroker(err error) error {
	if errors.Is(err, admin.ErrNoBroker) {
		return cli.WithHint(err, "kq cluster describe shows which brokers there are")
	}
	return err
}

// sayResource tells what a cluster said about a resource.
func (a *app) sayResource(ctx context.Context, cl *kgo.Client, verb string, r admin.Resource, e *admin.Error, next string) {
	if err := missingResource(ctx, cl, e, r); err != error(e) {
		cli.Say(a.env, err)
		return
	}
	if e.Message == "" {
		e.Message = e.Name
	}
	a.sayItem(verb+" configs of "+r.String(), e, next)
}

// noSuchConfig is the error of a config that a resource does not have.
func noSuchConfig(r admin.Resource, key string, names []string) error {
	what := "has no config"
	if r.Type == "broker" && r.Name == "" {
		what = "has nothing set for"
	}
	e := cli.WithHint(errors.New(r.String()+" "+what+" "+strconv.Quote(key)), "kq config get %s --all lists those there are", shellQuote(r.String()))
	if near := cli.Nearest(key, names); near != "" {
		e.Next = "did you mean " + strconv.Quote(near) + "?"
	}
	return e
}

// shownValue is a config's value in a table.
func shownValue(v *string, sensitive bool) string {
	if sensitive {
		return hiddenValue
	}
	return text(v)
}

// shownSource is Kafka's name of a source, as words.
func shownSource(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", " ")) }
