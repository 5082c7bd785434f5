package api

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func (a *admin) describe(version int16, kind int8, name string, keys ...string) kmsg.DescribeConfigsResponseResource {
	a.t.Helper()
	q := kmsg.NewPtrDescribeConfigsRequest()
	r := kmsg.NewDescribeConfigsRequestResource()
	r.ResourceType, r.ResourceName, r.ConfigNames = kmsg.ConfigResourceType(kind), name, keys
	q.Resources, q.IncludeSynonyms, q.IncludeDocumentation = []kmsg.DescribeConfigsRequestResource{r}, true, true
	return a.ask(q, version).(*kmsg.DescribeConfigsResponse).Resources[0]
}

// alter sends one IncrementalAlterConfigs resource: "=name=value", "-name" and so on.
func (a *admin) alter(kind int8, name string, ops ...string) string {
	a.t.Helper()
	q := kmsg.NewPtrIncrementalAlterConfigsRequest()
	q.Resources = append(q.Resources, alteration(kind, name, ops...))
	r := a.ask(q, 1).(*kmsg.IncrementalAlterConfigsResponse).Resources[0]
	return said(r.ErrorCode, r.ErrorMessage)
}

func alteration(kind int8, name string, ops ...string) kmsg.IncrementalAlterConfigsRequestResource {
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kmsg.ConfigResourceType(kind), name
	for _, op := range ops {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Op = kmsg.IncrementalAlterConfigOp(strings.Index("=-+~?", op[:1]))
		var value string
		var ok bool
		if c.Name, value, ok = strings.Cut(op[1:], "="); ok {
			c.Value = &value
		}
		r.Configs = append(r.Configs, c)
	}
	return r
}

func TestDescribeConfigs(t *testing.T) {
	a := newAdmin(t, map[string]string{"log.segment.bytes": "2000000"})
	a.create("a")
	for _, done := range []string{
		a.alter(2, "a", "=retention.ms=5"), a.alter(4, "", "=log.retention.ms=7"), a.alter(4, "1", "=log.cleaner.threads=2"),
		a.alter(16, "m", "=interval.ms=5000"), a.alter(32, "g", "=consumer.session.timeout.ms=50000"),
	} {
		if done != "0" {
			t.Fatal(done)
		}
	}
	for _, row := range []struct {
		name     string
		kind     int8
		resource string
		key      string
		want     string // value, source, synonyms, read-only
	}{
		{"the topic's own", 2, "a", "retention.ms", "5 1 retention.ms=5/1 log.retention.ms=7/3 log.retention.hours=168/5"},
		{"from the file", 2, "a", "segment.bytes", "2000000 4 log.segment.bytes=2000000/4 log.segment.bytes=1073741824/5"},
		{"broker", 4, "1", "log.cleaner.threads", "2 2 log.cleaner.threads=2/2 log.cleaner.threads=1/5"},
		{"read-only", 4, "1", "num.partitions", "1 5 num.partitions=1/5 readonly"},
		{"broker default", 4, "", "log.retention.ms", "7 3 log.retention.ms=7/3"},
		{"password", 4, "1", "ssl.keystore.password", "<nil> 5 sensitive"},
		{"client metrics", 16, "m", "interval.ms", "5000 7 interval.ms=5000/7"},
		{"group", 32, "g", "consumer.session.timeout.ms", "50000 8 consumer.session.timeout.ms=50000/8 group.consumer.session.timeout.ms=45000/5"},
		{"logger", 8, "1", "root", "OFF 6"},
	} {
		for v := int16(1); v <= 4; v++ {
			r := a.describe(v, row.kind, row.resource, row.key, "no.such.key")
			if r.ErrorCode != 0 || r.ErrorMessage == nil || *r.ErrorMessage != "" || len(r.Configs) != 1 {
				t.Errorf("%s v%d: %+v", row.name, v, r)
				continue
			}
			c := r.Configs[0]
			if got := shown(c); got != row.want {
				t.Errorf("%s v%d: %s, want %s", row.name, v, got, row.want)
			}
			if known := row.kind != 8; v >= 3 && known && (c.Documentation == nil || *c.Documentation == "" || c.ConfigType == 0) {
				t.Errorf("%s v%d: type %d, documentation %v", row.name, v, c.ConfigType, c.Documentation)
			}
		}
	}
	for name, n := range map[string]int{"all": len(a.describe(4, 2, "a").Configs), "none": len(a.describe(4, 2, "a", []string{}...).Configs)} {
		if n < 30 {
			t.Errorf("%s: %d configs", name, n)
		}
	}
	if n := len(a.describe(4, 4, "1").Configs); n < 250 {
		t.Errorf("%d broker configs", n)
	}
}

// shown is a config in short.
func shown(c kmsg.DescribeConfigsResponseResourceConfig) string {
	value := func(p *string) string {
		if p == nil {
			return "<nil>"
		}
		return *p
	}
	out := []string{value(c.Value), string(rune('0' + c.Source))}
	for _, s := range c.ConfigSynonyms {
		out = append(out, s.Name+"="+value(s.Value)+"/"+string(rune('0'+s.Source)))
	}
	if c.ReadOnly {
		out = append(out, "readonly")
	}
	if c.IsSensitive {
		out = append(out, "sensitive")
	}
	return strings.Join(out, " ")
}

func TestDescribeConfigsErrors(t *testing.T) {
	a := newAdmin(t, nil)
	malformed := "42 This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details."
	for _, row := range []struct {
		kind int8
		name string
		want string
	}{
		{2, "nope", "3 "},
		{2, "a/b", "17 Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"},
		{2, "", "17 Topic name is invalid: the empty string is not allowed"},
		{4, "2", "42 Unexpected broker id, expected 1 or empty string, but received 2"},
		{4, "x", "42 Broker id must be an integer, but it is: x"},
		{8, "", "42 Broker id must not be empty"},
		{8, "7", "42 Unexpected broker id, expected 1 but received 7"},
		{8, "x", "42 Broker id must be an integer, but it is: x"},
		{16, "", "42 Client metrics subscription name must not be empty"},
		{32, "", "42 Group name must not be empty"},
		{0, "x", malformed},
		{99, "x", malformed},
	} {
		if r := a.describe(4, row.kind, row.name); said(r.ErrorCode, r.ErrorMessage) != row.want || int8(r.ResourceType) != row.kind || r.ResourceName != row.name {
			t.Errorf("%d %q: %s, want %s", row.kind, row.name, said(r.ErrorCode, r.ErrorMessage), row.want)
		}
	}
}
