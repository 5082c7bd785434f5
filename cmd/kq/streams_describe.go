package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/streams/topology"
)

func newStreamsDescribeCommand(a *app) *cobra.Command {
	counts, tasks := partitionCounts{}, false
	var vars jobVars
	cmd := &cobra.Command{
		Use:   "describe FILE [flags]",
		Short: "show the topology of a job, or its tasks",
		Long: `Show the topology of a job as Kafka's Topology#describe does, so that it can be
compared with that of an application on the JVM.

With --tasks show the sub-topologies and the tasks that they have on the
cluster: as many as the largest of their inputs has partitions. Counts given by
--partitions are not asked for; with all of them given no broker is.`,
		Example: `  kq streams describe job.yaml
  kq streams describe job.yaml --tasks --partitions lines=4
  kq streams describe job.yaml --tasks -o json`,
		Args:              args(1, 1, "a job file"),
		ValidArgsFunction: completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			job, c, err := a.compileJob(args[0], vars, counts)
			if err != nil {
				return err
			}
			if !tasks {
				return a.printTopology(job.App, c.Topology)
			}
			if err := counts.ask(cmd, a, job, c.Inputs()); err != nil {
				return err
			}
			return a.printTasks(c.Topology, counts)
		},
	}
	vars = addVars(cmd)
	counts.add(cmd)
	cmd.Flags().BoolVar(&tasks, "tasks", false, "show the sub-topologies and their tasks")
	return cmd
}

// describedJob is the topology as a structure.
type describedJob struct {
	App           string         `json:"app"`
	SubTopologies []describedSub `json:"subTopologies"`
	Globals       []string       `json:"globals"`
	Text          string         `json:"text"`
}

// describedSub is one part of a topology: what it reads, writes and keeps.
type describedSub struct {
	ID      int32    `json:"id"`
	Sources []string `json:"sources"`
	Sinks   []string `json:"sinks"`
	Stores  []string `json:"stores"`
	Nodes   []string `json:"nodes"`
	Tasks   []string `json:"tasks,omitempty"`
}

func (a *app) printTopology(app string, t *topology.Topology) error {
	if !a.structured() {
		_, err := fmt.Fprint(a.env.Out, t.Describe())
		return err
	}
	d := describedJob{App: app, SubTopologies: subs(t, nil), Globals: []string{}, Text: t.Describe()}
	for _, g := range t.Globals {
		d.Globals = append(d.Globals, g.Store.Name)
	}
	return a.print(d)
}

// subs are the parts of a topology; internal topics have no prefix.
func subs(t *topology.Topology, p *topology.Partitions) []describedSub {
	all := []describedSub{}
	for _, s := range t.Subs {
		d := describedSub{ID: s.ID, Sources: []string{}, Sinks: []string{}, Stores: []string{}, Nodes: []string{}}
		for _, n := range s.Nodes {
			d.Nodes = append(d.Nodes, n.Name)
			switch {
			case n.Kind == topology.SourceKind:
				d.Sources = append(d.Sources, n.Source.Topics...)
			case n.Kind == topology.SinkKind && n.Sink.TopicOf == nil && !slices.Contains(d.Sinks, n.Sink.Topic):
				d.Sinks = append(d.Sinks, n.Sink.Topic)
			}
		}
		for _, st := range s.Stores {
			d.Stores = append(d.Stores, st.Name)
		}
		for i := int32(0); p != nil && i < p.Tasks[s.ID]; i++ {
			d.Tasks = append(d.Tasks, fmt.Sprintf("%d_%d", s.ID, i))
		}
		all = append(all, d)
	}
	return all
}

func (a *app) printTasks(t *topology.Topology, counts partitionCounts) error {
	p, err := t.Resolve(counts.of)
	var differ *topology.CopartitionError
	var missing *topology.UnknownTopicError
	switch {
	case errors.As(err, &differ):
		return cli.WithHint(err, "%s", differ.Hint())
	case errors.As(err, &missing):
		return cli.WithHint(err, "kq topic create %s -p N, or --partitions %s=N to see what would be", missing.Topics[0], missing.Topics[0])
	case err != nil:
		return err
	}
	all := subs(t, p)
	table := out.Table{Columns: out.Cols(">SUB-TOPOLOGY", ">TASKS", "SOURCES", "STORES", "+NODES")}
	for _, s := range all {
		table.Rows = append(table.Rows, []string{
			strconv.Itoa(int(s.ID)), strconv.Itoa(len(s.Tasks)), strings.Join(s.Sources, ","), strings.Join(s.Stores, ","), strings.Join(s.Nodes, ","),
		})
	}
	return a.print(all, table)
}
