package admin

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// AlterConfigsOptions is what to change of a resource's configs.
type AlterConfigsOptions struct {
	Resource Resource
	Changes  []ConfigChange // of different configs, at least one
	DryRun   bool           // let the cluster check it and change nothing
}

// Validate finds what no cluster would take.
func (o *AlterConfigsOptions) Validate() error {
	if len(o.Changes) == 0 {
		return fmt.Errorf("%w: no config to change", ErrOptions)
	}
	if err := checkChanges(o.Changes); err != nil {
		return err
	}
	return o.Resource.Validate()
}

// AlteredConfigs is what became of the changes: all of them, or none when there
// is an error.
type AlteredConfigs struct {
	Type    string          `json:"type"`
	Name    string          `json:"name"`
	Changes []AlteredConfig `json:"changes"` // in the order given
	Error   *Error          `json:"error,omitempty"`

	// Names is every config the resource has, nil where the cluster does not tell.
	Names []string `json:"-"`
}

// AlteredConfig is a config before and after its change. The values are nil
// where they are sensitive, not set, or not known to those who may not read configs.
type AlteredConfig struct {
	Name      string   `json:"name"`
	Op        ConfigOp `json:"op"`
	Before    *string  `json:"before"`
	After     *string  `json:"after"`
	Sensitive bool     `json:"sensitive"`
	Known     bool     `json:"known"` // the resource has a config of that name
}

// AlterConfigs changes configs of a resource, all of them or none
// (IncrementalAlterConfigs, KIP-339: Kafka 2.3).
func AlterConfigs(ctx context.Context, cl *kgo.Client, o AlterConfigsOptions) (AlteredConfigs, error) {
	if err := o.Validate(); err != nil {
		return AlteredConfigs{}, err
	}
	// What was there is worth telling and not worth failing for.
	before, err := DescribeConfigs(ctx, cl, DescribeConfigsOptions{Resource: o.Resource, All: true})
	if err != nil && ctx.Err() != nil {
		return AlteredConfigs{}, fmt.Errorf("alter configs of %s: %w", o.Resource, context.Cause(ctx))
	}
	out := AlteredConfigs{Type: o.Resource.Type, Name: o.Resource.Name, Names: before.Names}
	if out.Name == "" {
		out.Name = DefaultBroker
	}
	for _, c := range o.Changes {
		out.Changes = append(out.Changes, o.altered(c, before))
	}
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	req.ValidateOnly = o.DryRun
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = o.Resource.kmsgType(), o.Resource.Name
	for _, c := range o.Changes {
		rc := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		rc.Name, rc.Op = c.Key, c.op()
		if c.Op != UnsetConfig {
			rc.Value = kmsg.StringPtr(c.Value)
		}
		r.Configs = append(r.Configs, rc)
	}
	req.Resources = append(req.Resources, r)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return AlteredConfigs{}, fmt.Errorf("alter configs of %s: %w", o.Resource, o.Resource.absent(ctx, cl, err))
	}
	if len(resp.Resources) != 1 {
		return AlteredConfigs{}, fmt.Errorf("alter configs of %s: the broker's answer leaves it out", o.Resource)
	}
	got := &resp.Resources[0]
	out.Error = codeError(got.ErrorCode, got.ErrorMessage)
	return out, nil
}

// altered tells what a change makes of a config, as far as it can be seen.
func (o *AlterConfigsOptions) altered(c ConfigChange, before ResourceConfigs) AlteredConfig {
	out := AlteredConfig{Name: c.Key, Op: c.Op}
	var was Config
	for _, b := range before.Configs {
		if b.Name == c.Key {
			was, out.Known = b, true
		}
	}
	if out.Sensitive = was.Sensitive; out.Sensitive {
		return out
	}
	out.Before = was.Value
	out.After = c.apply(was.Value, was.inherited(o.Resource.ownSource()))
	if !out.Known && (c.Op == AppendConfig || c.Op == SubtractConfig) {
		out.After = nil // what it was added to is not known
	}
	return out
}
