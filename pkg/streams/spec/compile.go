package spec

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
	"kq/pkg/streams/topology"
)

// CompileOptions are what a job is compiled with.
type CompileOptions struct {
	// Counts tells how many partitions a topic has, 0 where that is not known; nil knows none.
	Counts func(topic string) int32
	// TimestampType tells the message.timestamp.type of a topic, "" where that is not known; nil knows none.
	TimestampType func(topic string) string
	// Print is where print steps write to; nil discards it.
	Print io.Writer
	// Logger gets the texts of peek and foreach steps; nil discards them.
	Logger *slog.Logger
}

// Validate fills the defaults in.
func (o *CompileOptions) Validate() error {
	if o.Print == nil {
		o.Print = io.Discard
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Compiled is a job as a topology, with what is known of its topics and stores.
type Compiled struct {
	Topology *topology.Topology
	// Stores are the types of the stores' keys and values, by store. Keys of
	// window and session stores are those inside of the windowed ones.
	Stores map[string]Types
	// Topics are the types of the topics that are read and written, by topic.
	Topics map[string]Types
}

// Types are the codecs of keys and values.
type Types struct{ Key, Value codec.Codec }

// Validate finds what a schema cannot: names that resolve to nothing, cycles,
// steps out of place, types that do not fit, expressions that do not compile.
// The error is Errors.
func (j *Job) Validate() error {
	_, err := j.Compile(CompileOptions{})
	return err
}

// Compile checks the job as Validate does and builds its topology.
func (j *Job) Compile(o CompileOptions) (*Compiled, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	f := *j.file
	f.errs = nil
	c := &compiler{
		job: j, f: &f, o: o, b: dsl.NewBuilder(), flows: map[string]*flow{}, globals: map[string]*global{}, pipelines: map[string]*Pipeline{},
		state: map[string]progress{}, stores: map[string]*yaml.Node{}, used: map[string]bool{},
		shared: map[string]*procStore{}, between: map[string]*yaml.Node{}, readers: map[string]reader{},
		out: &Compiled{Stores: map[string]Types{}, Topics: map[string]Types{}},
	}
	c.b.Counts = o.Counts
	c.names()
	c.sources()
	for _, p := range j.Pipelines {
		c.pipeline(p)
	}
	c.config()
	c.unused()
	c.tests()
	if len(f.errs) > 0 {
		return nil, f.errs.sorted()
	}
	t, err := c.b.Build()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.file.name, err)
	}
	c.out.Topology = t
	return c.out, nil
}

// compiler turns one job into a topology.
type compiler struct {
	job       *Job
	f         *file
	o         CompileOptions
	b         *dsl.Builder
	flows     map[string]*flow // of streams, tables, pipelines and PIPELINE.BRANCH; nil after a mistake
	globals   map[string]*global
	pipelines map[string]*Pipeline
	state     map[string]progress
	stores    map[string]*yaml.Node // where the name of a store was given first
	used      map[string]bool       // of the stores that are declared
	shared    map[string]*procStore // stores of process steps
	between   map[string]*yaml.Node // where the name of a repartition topic was given
	readers   map[string]reader     // of topics
	dynamic   bool                  // a sink chooses its topic by record
	path      []string              // of pipelines that are being compiled
	out       *Compiled
}

type global struct {
	table              *dsl.GlobalTable
	key, value         codec.Codec
	keyType, valueType expr.Type
}

// progress is how far a pipeline is.
type progress uint8

const (
	untouched progress = iota
	open
	done
)

// names checks that streams, tables, globals and pipelines do not share names.
func (c *compiler) names() {
	first := map[string]*yaml.Node{}
	note := func(name, what string, w *Where) {
		if was := first[name]; was != nil {
			c.f.wrong(w.node, fmt.Sprintf("line %d has the other", was.Line), "two things are called %s", name)
			return
		}
		if strings.Contains(name, ".") {
			c.f.wrong(w.node, "a dot stands between a pipeline and its branch", "%s %q has a dot in its name", what, name)
		}
		first[name] = w.node
	}
	for _, s := range c.job.Streams {
		note(s.Name, "stream", &s.Where)
	}
	for _, t := range c.job.Tables {
		note(t.Name, "table", &t.Where)
	}
	for _, t := range c.job.Globals {
		note(t.Name, "global", &t.Where)
	}
	for _, p := range c.job.Pipelines {
		note(p.Name, "pipeline", &p.Where)
		c.pipelines[p.Name] = p
	}
}

// place is a point of a pipeline: what names are made of.
type place struct {
	name       string // PIPELINE or PIPELINE-BRANCH
	aggregates int    // so far
}

// pipeline compiles a pipeline, those that it reads first.
func (c *compiler) pipeline(p *Pipeline) {
	if c.state[p.Name] != untouched {
		return
	}
	c.state[p.Name] = open
	c.path = append(c.path, p.Name)
	c.reads(p.Steps)
	var in []*flow
	for i, name := range p.From {
		in = append(in, c.flow(p.item("from", i), name))
	}
	f := c.from(p, in)
	c.flows[p.Name] = c.steps(&place{name: p.Name}, p.Steps, f, &p.Where, p.To)
	c.path = c.path[:len(c.path)-1]
	c.state[p.Name] = done
}

// reads compiles the pipelines that steps name, so that a pipeline is built whole.
func (c *compiler) reads(steps []*Step) {
	name := func(n *yaml.Node, name string) {
		if name != "" && c.isPipeline(name) {
			c.flow(n, name)
		}
	}
	for _, s := range steps {
		for i, m := range s.Merge {
			name(s.item("merge", i), m)
		}
		for _, j := range []*Join{s.Join, s.LeftJoin, s.OuterJoin} {
			if j != nil {
				name(j.valueNode("stream"), j.Stream)
				name(j.valueNode("table"), j.Table)
			}
		}
		if s.Cogroup != nil {
			for _, w := range s.Cogroup.With {
				name(w.valueNode("stream"), w.Stream)
			}
		}
		for _, b := range s.Branch {
			c.reads(b.Steps)
		}
	}
}

func (c *compiler) isPipeline(name string) bool {
	head, _, _ := strings.Cut(name, ".")
	return c.pipelines[head] != nil
}

// from is the input of a pipeline: one flow, or several streams merged.
func (c *compiler) from(p *Pipeline, in []*flow) *flow {
	out := in[0]
	for i, f := range in[1:] {
		if out = c.merge(p.item("from", i+1), out, f); out == nil {
			return nil
		}
	}
	return out
}

// flow is what a name stands for, nil after a mistake.
func (c *compiler) flow(n *yaml.Node, name string) *flow {
	head, _, branch := strings.Cut(name, ".")
	p := c.pipelines[head]
	if p != nil && c.state[head] == open {
		c.cycle(n, head)
		return nil
	}
	if p != nil {
		c.pipeline(p)
	}
	f, ok := c.flows[name]
	switch {
	case ok && f != nil && f.ended != "":
		c.f.wrong(n, suggest(name+".", c.branches(name)), "%s ends with %s and has no result to read", name, f.ended)
		return nil
	case ok:
		return f
	case p != nil && !branch:
		return nil
	case c.globals[name] != nil:
		c.f.wrong(n, "a global is joined: join: {global: "+name+", on: …}", "%s is a global, which is neither a stream nor a table", name)
	default:
		c.f.wrong(n, suggest(name, c.readable()), "there is no stream, table or pipeline %q", name)
	}
	return nil
}

// readable are the names that from takes; those of pipelines that are being
// compiled would make a cycle.
func (c *compiler) readable() []string {
	var out []string
	for _, s := range c.job.Streams {
		out = append(out, s.Name)
	}
	for _, t := range c.job.Tables {
		out = append(out, t.Name)
	}
	for _, p := range c.job.Pipelines {
		if !slices.Contains(c.path, p.Name) {
			out = append(append(out, p.Name), c.branches(p.Name)...)
		}
	}
	return out
}

// branches are the branches of a pipeline, as others read them.
func (c *compiler) branches(pipeline string) []string {
	var out []string
	for _, s := range c.pipelines[pipeline].Steps {
		for _, b := range s.Branch {
			if b.Name != "" {
				out = append(out, pipeline+"."+b.Name)
			}
		}
	}
	return out
}

func (c *compiler) cycle(n *yaml.Node, name string) {
	i := 0
	for c.path[i] != name {
		i++
	}
	ring := append(append([]string{}, c.path[i:]...), name)
	c.f.wrong(n, "write to a topic and read it as a stream to go around", "a cycle: %s", strings.Join(ring, " reads "))
}
