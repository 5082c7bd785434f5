package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeConfigsOptions chooses configs of a resource.
type DescribeConfigsOptions struct {
	Resource Resource
	Keys     []string // these alone, default or not; empty for all that are not default
	All      bool     // also those that are at their default
	Docs     bool     // with their documentation
}

// Validate finds what no cluster would take.
func (o *DescribeConfigsOptions) Validate() error {
	if slices.Contains(o.Keys, "") {
		return fmt.Errorf("%w: a config without a name", ErrOptions)
	}
	return o.Resource.Validate()
}

// ResourceConfigs is the configs of a resource.
type ResourceConfigs struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`    // "default" for the defaults of all brokers
	Configs []Config `json:"configs"` // by name
	Missing []string `json:"missing"` // keys that were asked for and are not there
	Error   *Error   `json:"error,omitempty"`

	// Names is every config the resource has, whatever was asked for.
	Names []string `json:"-"`
}

// Config is a config and where its value comes from.
type Config struct {
	Name      string          `json:"name"`
	Value     *string         `json:"value"`  // nil when sensitive or null
	Type      string          `json:"type"`   // Kafka's name of it, as LONG or LIST; "" before Kafka 2.6
	Source    string          `json:"source"` // Kafka's name of where it is set
	Default   bool            `json:"default"`
	ReadOnly  bool            `json:"read_only"` // cannot be changed while the broker runs
	Sensitive bool            `json:"sensitive"`
	Synonyms  []ConfigSynonym `json:"synonyms"` // what decides the value, the first that is set does
	Docs      string          `json:"documentation,omitempty"`
}

// ConfigSynonym is one of the places a config's value can come from.
type ConfigSynonym struct {
	Name   string  `json:"name"`
	Value  *string `json:"value"`
	Source string  `json:"source"`
}

// DescribeConfigs returns the configs of a resource.
func DescribeConfigs(ctx context.Context, cl *kgo.Client, o DescribeConfigsOptions) (ResourceConfigs, error) {
	if err := o.Validate(); err != nil {
		return ResourceConfigs{}, err
	}
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.IncludeSynonyms, req.IncludeDocumentation = true, o.Docs
	r := kmsg.NewDescribeConfigsRequestResource()
	r.ResourceType, r.ResourceName = o.Resource.kmsgType(), o.Resource.Name
	req.Resources = append(req.Resources, r)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return ResourceConfigs{}, fmt.Errorf("describe configs of %s: %w", o.Resource, o.Resource.absent(ctx, cl, err))
	}
	if len(resp.Resources) != 1 {
		return ResourceConfigs{}, fmt.Errorf("describe configs of %s: the broker's answer leaves it out", o.Resource)
	}
	got := &resp.Resources[0]
	out := ResourceConfigs{Type: o.Resource.Type, Name: o.Resource.Name, Error: codeError(got.ErrorCode, got.ErrorMessage)}
	if out.Name == "" {
		out.Name = DefaultBroker
	}
	for i := range got.Configs {
		c := config(&got.Configs[i])
		out.Names = append(out.Names, c.Name)
		if o.wants(c) {
			out.Configs = append(out.Configs, c)
		}
	}
	slices.Sort(out.Names)
	slices.SortFunc(out.Configs, func(a, b Config) int { return cmp.Compare(a.Name, b.Name) })
	if out.Error == nil {
		for _, k := range unique(o.Keys) {
			if !slices.Contains(out.Names, k) {
				out.Missing = append(out.Missing, k)
			}
		}
	}
	return out, nil
}

func (o *DescribeConfigsOptions) wants(c Config) bool {
	if len(o.Keys) > 0 {
		return slices.Contains(o.Keys, c.Name)
	}
	return o.All || !c.Default
}

func config(c *kmsg.DescribeConfigsResponseResourceConfig) Config {
	out := Config{
		Name: c.Name, Value: c.Value, Source: c.Source.String(), Default: c.IsDefault || c.Source == kmsg.ConfigSourceDefaultConfig,
		ReadOnly: c.ReadOnly, Sensitive: c.IsSensitive,
	}
	if c.IsSensitive {
		out.Value = nil
	}
	if c.ConfigType != kmsg.ConfigTypeUnknown {
		out.Type = c.ConfigType.String()
	}
	if c.Documentation != nil {
		out.Docs = *c.Documentation
	}
	for _, s := range c.ConfigSynonyms {
		value := s.Value
		if c.IsSensitive {
			value = nil
		}
		out.Synonyms = append(out.Synonyms, ConfigSynonym{Name: s.Name, Value: value, Source: s.Source.String()})
	}
	return out
}

// inherited is the value that a config of a resource falls back to when it is
// not set there any more.
func (c Config) inherited(own kmsg.ConfigSource) *string {
	for _, s := range c.Synonyms {
		if s.Source != own.String() {
			return s.Value
		}
	}
	if c.Default {
		return c.Value
	}
	return nil
}

// ownSource is the source of a value that is set on the resource itself.
func (r Resource) ownSource() kmsg.ConfigSource {
	switch {
	case r.Type == "topic":
		return kmsg.ConfigSourceDynamicTopicConfig
	case r.Type == "broker" && r.Name == "":
		return kmsg.ConfigSourceDynamicDefaultBrokerConfig
	case r.Type == "broker":
		return kmsg.ConfigSourceDynamicBrokerConfig
	case r.Type == "group":
		return kmsg.ConfigSourceGroupConfig
	}
	return kmsg.ConfigSourceClientMetricsConfig
}

// absent makes an error about a broker that the cluster does not have ErrNoBroker.
// Others pass.
func (r Resource) absent(ctx context.Context, cl *kgo.Client, err error) error {
	if r.Type != "broker" || r.Name == "" || ctx.Err() != nil {
		return err
	}
	c, listErr := DescribeCluster(ctx, cl, DescribeClusterOptions{})
	if listErr != nil || slices.ContainsFunc(c.Brokers, func(b Broker) bool { return strconv.Itoa(int(b.ID)) == r.Name }) {
		return err
	}
	return fmt.Errorf("%w: %s", ErrNoBroker, r.Name)
}
