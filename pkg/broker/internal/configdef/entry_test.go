package configdef

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// goldenDescribe is one DescribeConfigs answer of Kafka's ConfigHelper with the layers it was asked under.
type goldenDescribe struct {
	What     string
	Static   map[string]string
	Default  map[string]string
	Broker   map[string]string
	Resource map[string]string
	Keys     []string
	Entries  []goldenEntry
}

type goldenEntry struct {
	N    string
	V    *string
	S    Source
	Ro   bool
	Sens bool
	T    Type
	Syn  []goldenSynonym
}

type goldenSynonym struct {
	Name   string
	Value  *string
	Source Source
}

func (s *goldenSynonym) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&s.Name, &s.Value, &s.Source})
}

func (e goldenEntry) String() string {
	out := fmt.Sprintf("%s=%s source %d read-only %v sensitive %v type %v", e.N, orNull(e.V), e.S, e.Ro, e.Sens, e.T)
	for _, s := range e.Syn {
		out += fmt.Sprintf(" [%s=%s %d]", s.Name, orNull(s.Value), s.Source)
	}
	return out
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return fmt.Sprintf("%q", *s)
}

func toGolden(e Entry) goldenEntry {
	g := goldenEntry{N: e.Def.Name, V: &e.Value, S: e.Source, Ro: e.Def.ReadOnly(), Sens: e.Def.Sensitive(), T: e.Def.Type}
	if e.Null {
		g.V = nil
	}
	for _, s := range e.Synonyms {
		v := &s.Value
		if s.Null {
			v = nil
		}
		g.Syn = append(g.Syn, goldenSynonym{s.Name, v, s.Source})
	}
	return g
}

func TestDescribeAgreesWithKafka(t *testing.T) {
	for i, g := range readGolden[goldenDescribe](t, "describe.jsonl") {
		static := goldenStatic(g.Static)
		var got []Entry
		switch g.What {
		case "topic":
			got = DescribeTopic(g.Resource, g.Broker, g.Default, static)
		case "group":
			got = DescribeGroup(g.Resource, g.Broker, g.Default, static)
		case "client":
			got = DescribeClientMetrics(g.Resource)
		case "broker":
			got = DescribeBroker(g.Broker, g.Default, static)
		case "default":
			got = DescribeBrokerDefaults(g.Default)
		}
		if len(g.Keys) > 0 {
			got = slices.DeleteFunc(got, func(e Entry) bool { return !slices.Contains(g.Keys, e.Def.Name) })
		}
		for j, e := range got {
			if j >= len(g.Entries) {
				t.Errorf("scenario %d: %s is too much", i, e.Def.Name)
			} else if a, b := toGolden(e).String(), g.Entries[j].String(); a != b {
				t.Errorf("scenario %d (%s, static %v, defaults %v, broker %v, resource %v):\n got %s\nwant %s", i, g.What, g.Static, g.Default, g.Broker, g.Resource, a, b)
			}
			checkSingle(t, g, e, static)
		}
		if len(got) < len(g.Entries) {
			t.Errorf("scenario %d: %d entries, want %d", i, len(got), len(g.Entries))
		}
	}
}

// checkSingle asks for one entry by name and expects what the whole description has.
func checkSingle(t *testing.T, g goldenDescribe, want Entry, static map[string]string) {
	t.Helper()
	var got Entry
	switch name := want.Def.Name; g.What {
	case "topic":
		got = EffectiveTopic(name, g.Resource, g.Broker, g.Default, static)
	case "group":
		got = EffectiveGroup(name, g.Resource, g.Broker, g.Default, static)
	case "client":
		got = EffectiveClientMetrics(name, g.Resource)
	case "broker":
		got = EffectiveBroker(name, g.Broker, g.Default, static)
	default:
		return
	}
	if a, b := toGolden(got).String(), toGolden(want).String(); a != b {
		t.Errorf("%s: alone %s, in the list %s", want.Def.Name, a, b)
	}
}

func TestEffectiveUnknown(t *testing.T) {
	for _, e := range []Entry{
		EffectiveTopic("nope", nil, nil, nil, nil), EffectiveGroup("nope", nil, nil, nil, nil),
		EffectiveClientMetrics("nope", nil), EffectiveBroker("nope", nil, nil, nil),
	} {
		if e.Def != nil {
			t.Errorf("got a definition for an unknown config: %v", e.Def)
		}
	}
}

// TestStaticDefaultsAreDescribed: what kq sets by itself reaches clients as STATIC_BROKER_CONFIG, above Kafka's default.
func TestStaticDefaultsAreDescribed(t *testing.T) {
	static := map[string]string{"group.initial.rebalance.delay.ms": "0"}
	e := EffectiveBroker("group.initial.rebalance.delay.ms", nil, nil, static)
	if e.Value != "0" || e.Source != SourceStaticBroker || len(e.Synonyms) != 2 || e.Synonyms[1].Value != "3000" {
		t.Errorf("got %+v", e)
	}
}

func TestWithNodeID(t *testing.T) {
	for _, c := range [][3]string{{"node.id", "7", "broker.id"}, {"broker.id", "7", "node.id"}} {
		in := map[string]string{c[0]: c[1]}
		if out := WithNodeID(in); out[c[2]] != "7" || len(out) != 2 || len(in) != 1 {
			t.Errorf("WithNodeID(%v) = %v", in, out)
		}
	}
	if out := WithNodeID(nil); len(out) != 0 {
		t.Errorf("WithNodeID(nil) = %v", out)
	}
}

func BenchmarkDescribeTopic(b *testing.B) {
	for b.Loop() {
		DescribeTopic(map[string]string{"retention.ms": "1000"}, nil, nil, nil)
	}
}
