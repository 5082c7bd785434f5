package api

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

// handleDescribeConfigs answers DescribeConfigs 1-4 (KIP-226, KIP-569).
func handleDescribeConfigs(s *Service, _ *Request, q *kmsg.DescribeConfigsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeConfigsResponse()
	d := describer{s: s, img: s.Image(), q: q}
	for i := range q.Resources {
		switch int8(q.Resources[i].ResourceType) {
		case meta.ResourceTopic, meta.ResourceBroker, meta.ResourceBrokerLogger, meta.ResourceClientMetrics, meta.ResourceGroup:
			resp.Resources = append(resp.Resources, d.resource(&q.Resources[i]))
		default:
			return describeConfigsError(q)
		}
	}
	return resp
}

// describeConfigsError refuses a request with a resource type that does not
// exist: all of it, as Kafka does.
func describeConfigsError(q *kmsg.DescribeConfigsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeConfigsResponse()
	text := "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details."
	for _, r := range q.Resources {
		e := kmsg.NewDescribeConfigsResponseResource()
		e.ResourceType, e.ResourceName = r.ResourceType, r.ResourceName
		e.ErrorCode, e.ErrorMessage = kerr.InvalidRequest.Code, &text
		resp.Resources = append(resp.Resources, e)
	}
	return resp
}

// configError is why configs are not described or changed: Kafka's error and
// text; a nil text is null.
type configError struct {
	err  *kerr.Error
	text *string
}

func badConfigs(err *kerr.Error, format string, args ...any) *configError {
	text := fmt.Sprintf(format, args...)
	return &configError{err, &text}
}

// describer describes the resources of one request.
type describer struct {
	s   *Service
	img *meta.Image
	q   *kmsg.DescribeConfigsRequest
}

func (d *describer) resource(r *kmsg.DescribeConfigsRequestResource) kmsg.DescribeConfigsResponseResource {
	e := kmsg.NewDescribeConfigsResponseResource()
	e.ResourceType, e.ResourceName = r.ResourceType, r.ResourceName
	entries, why := d.entries(int8(r.ResourceType), r.ResourceName)
	e.ErrorMessage = new(string) // not null, as the schema's default
	if why != nil {
		e.ErrorCode = why.err.Code
		if why.text != nil {
			e.ErrorMessage = why.text
		}
		return e
	}
	for _, c := range entries {
		if len(r.ConfigNames) == 0 || slices.Contains(r.ConfigNames, c.Def.Name) {
			e.Configs = append(e.Configs, d.config(int8(r.ResourceType), &c))
		}
	}
	return e
}

// entries are the configs of a resource, or why it has none.
func (d *describer) entries(kind int8, name string) ([]configdef.Entry, *configError) {
	node, cluster := d.img.Config(meta.ResourceBroker, strconv.Itoa(int(d.s.NodeID))), d.img.Config(meta.ResourceBroker, "")
	switch kind {
	case meta.ResourceTopic:
		if text := meta.CheckTopicName(name); text != "" {
			return nil, &configError{kerr.InvalidTopicException, &text}
		}
		if d.img.Topic(name) == nil {
			return nil, &configError{err: kerr.UnknownTopicOrPartition}
		}
		return configdef.DescribeTopic(d.img.Config(kind, name), node, cluster, d.s.Static), nil
	case meta.ResourceBroker:
		if name == "" {
			return configdef.DescribeBrokerDefaults(cluster), nil
		}
		if why := d.s.checkOwnID(name, "Unexpected broker id, expected %d or empty string, but received %s"); why != nil {
			return nil, why
		}
		return configdef.DescribeBroker(node, cluster, d.s.Static), nil
	case meta.ResourceBrokerLogger:
		if name == "" {
			return nil, badConfigs(kerr.InvalidRequest, "Broker id must not be empty")
		}
		if why := d.s.checkOwnID(name, "Unexpected broker id, expected %d but received %s"); why != nil {
			return nil, why
		}
		return []configdef.Entry{{Def: &configdef.Def{Name: "root", Type: configdef.String}, Value: d.s.logLevel(), Source: configdef.SourceLogger}}, nil
	case meta.ResourceClientMetrics:
		if name == "" {
			return nil, badConfigs(kerr.InvalidRequest, "Client metrics subscription name must not be empty")
		}
		return configdef.DescribeClientMetrics(d.img.Config(kind, name)), nil
	default:
		if name == "" {
			return nil, badConfigs(kerr.InvalidRequest, "Group name must not be empty")
		}
		return configdef.DescribeGroup(d.img.Config(kind, name), node, cluster, d.s.Static), nil
	}
}

// checkOwnID refuses a broker name that is not this broker's id.
func (s *Service) checkOwnID(name, format string) *configError {
	id, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return badConfigs(kerr.InvalidRequest, "Broker id must be an integer, but it is: %s", name)
	}
	if int32(id) != s.NodeID {
		return badConfigs(kerr.InvalidRequest, format, s.NodeID, name)
	}
	return nil
}

// logLevel is the lowest level that this broker logs, in Kafka's words.
func (s *Service) logLevel() string {
	for _, l := range []struct {
		level slog.Level
		name  string
	}{{slog.LevelDebug, "DEBUG"}, {slog.LevelInfo, "INFO"}, {slog.LevelWarn, "WARN"}, {slog.LevelError, "ERROR"}} {
		if s.Logger != nil && s.Logger.Enabled(context.Background(), l.level) {
			return l.name
		}
	}
	return "OFF"
}

// config is one config of an answer.
func (d *describer) config(kind int8, c *configdef.Entry) kmsg.DescribeConfigsResponseResourceConfig {
	e := kmsg.NewDescribeConfigsResponseResourceConfig()
	e.Name, e.Source, e.IsSensitive = c.Def.Name, kmsg.ConfigSource(c.Source), c.Def.Sensitive()
	e.ReadOnly = kind == meta.ResourceBroker && c.Def.ReadOnly()
	if kind != meta.ResourceBrokerLogger { // which have no type, in Kafka
		e.ConfigType = kmsg.ConfigType(c.Def.Type)
	}
	if !c.Null && !e.IsSensitive {
		e.Value = &c.Value
	}
	if d.q.IncludeDocumentation {
		e.Documentation = &c.Def.Doc
	}
	if !d.q.IncludeSynonyms {
		return e
	}
	for _, s := range c.Synonyms {
		syn := kmsg.NewDescribeConfigsResponseResourceConfigConfigSynonym()
		syn.Name, syn.Source = s.Name, kmsg.ConfigSource(s.Source)
		if !s.Null {
			syn.Value = &s.Value
		}
		e.ConfigSynonyms = append(e.ConfigSynonyms, syn)
	}
	return e
}
