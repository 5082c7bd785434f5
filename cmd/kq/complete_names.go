package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
)

// completionTime is how long a shell waits for names from the cluster, unless
// KQ_COMPLETION_TIMEOUT says otherwise.
const completionTime = 300 * time.Millisecond

// envCompletionTimeout names that variable.
const envCompletionTimeout = "KQ_COMPLETION_TIMEOUT"

// completeFunc is what cobra calls to complete a word.
type completeFunc = func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective)

// completeFlag completes the values of a flag.
func completeFlag(cmd *cobra.Command, flag string, f completeFunc) {
	// It fails only for a flag that does not exist, which a test of the tree finds.
	_ = cmd.RegisterFlagCompletionFunc(flag, f)
}

// ask runs f for a completion: in the time a person waits, and silent when the
// cluster cannot be asked, which is not worth a word in the middle of somebody's typing.
func (a *app) ask(cmd *cobra.Command, f func(ctx context.Context, cl *kgo.Client) error) {
	a.timeout, a.verbose, a.quiet = completionTime, false, true
	if d, err := time.ParseDuration(a.env.Getenv(envCompletionTimeout)); err == nil {
		a.timeout = d
	}
	_ = a.connect(cmd, f)
}

// completeTopics offers the names of the cluster's topics.
func (a *app) completeTopics(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	a.ask(cmd, func(ctx context.Context, cl *kgo.Client) error {
		topics, err := admin.ListTopics(ctx, cl, admin.ListTopicsOptions{})
		for _, n := range topicNames(topics) {
			if !contains(args, n) {
				names = append(names, n)
			}
		}
		return err
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeTopic is completeTopics for commands that take one.
func (a *app) completeTopic(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeTopics(cmd, args, word)
}

// completeTopicConfigs offers the names of topic configs, each with a suffix
// that more is typed after.
func (a *app) completeTopicConfigs(suffix string) completeFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		var names []string
		a.ask(cmd, func(ctx context.Context, cl *kgo.Client) error {
			topics, err := admin.ListTopics(ctx, cl, admin.ListTopicsOptions{Internal: true})
			if err != nil || len(topics) == 0 {
				return err
			}
			// All topics have the same configs; one that may be read is enough.
			model := topics[0].Name
			for _, t := range topics {
				if contains(args, t.Name) {
					model = t.Name
				}
			}
			names, err = configNames(ctx, cl, admin.Resource{Type: "topic", Name: model}, suffix)
			return err
		})
		return names, keepTyping(suffix)
	}
}

// completeConfig offers TYPE/NAME and then the names of its configs.
func (a *app) completeConfig(suffix string) completeFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		var names []string
		if len(args) > 0 {
			r, err := admin.ParseResource(args[0])
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			a.ask(cmd, func(ctx context.Context, cl *kgo.Client) error {
				names, err = configNames(ctx, cl, r, suffix)
				return err
			})
			return names, keepTyping(suffix)
		}
		kind, _, named := strings.Cut(word, "/")
		if !named {
			for _, t := range admin.ResourceTypes() {
				names = append(names, t+"/")
			}
			return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		a.ask(cmd, func(ctx context.Context, cl *kgo.Client) error {
			resources, err := admin.ListResources(ctx, cl, kind)
			for _, r := range resources {
				names = append(names, r.String())
			}
			return err
		})
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// configNames is the names of a resource's configs, each with a suffix.
func configNames(ctx context.Context, cl *kgo.Client, r admin.Resource, suffix string) ([]string, error) {
	if r.Type == "broker" && r.Name == "" {
		if brokers, err := admin.ListResources(ctx, cl, "broker"); err == nil && len(brokers) > 1 {
			r = brokers[1] // the defaults of all brokers tell only what is set
		}
	}
	c, err := admin.DescribeConfigs(ctx, cl, admin.DescribeConfigsOptions{Resource: r, All: true})
	names := make([]string, len(c.Names))
	for i, n := range c.Names {
		names[i] = n + suffix
	}
	return names, err
}

// keepTyping keeps the cursor at the end of a word that wants more.
func keepTyping(suffix string) cobra.ShellCompDirective {
	if suffix == "" {
		return cobra.ShellCompDirectiveNoFileComp
	}
	return cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
