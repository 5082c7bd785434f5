package configdef

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// TestValuesAgreeWithKafka parses, for every kind of check, values that Kafka's ConfigDef accepted or refused.
func TestValuesAgreeWithKafka(t *testing.T) {
	type golden struct {
		Table, Name string
		Ok, Bad     map[string]string
	}
	cases := 0
	for _, g := range readGolden[golden](t, "values.jsonl") {
		d, ok := tableOf(t, g.Table).Lookup(g.Name)
		if !ok {
			t.Fatalf("no config %s", g.Name)
		}
		if d.Check.Rule == QuorumEndpoint {
			continue // kq has no quorum to connect to
		}
		for in, want := range g.Ok {
			cases++
			if got, err := d.Normalize(in); err != nil || got != want {
				t.Errorf("%s: Normalize(%q) = %q, %v, Kafka has %q", d.Name, in, got, err, want)
			}
		}
		for in, want := range g.Bad {
			cases++
			want = strings.Replace(want, "~", "Invalid value "+in+" for configuration "+d.Name+": ", 1)
			got, err := d.Normalize(in)
			if errText(err) != want || !errors.Is(err, ErrInvalidConfig) {
				t.Errorf("%s: Normalize(%q) = %q, %v\nKafka has %s", d.Name, in, got, err, want)
			}
		}
	}
	if cases < 1000 {
		t.Errorf("only %d cases", cases)
	}
}

func TestFormatDouble(t *testing.T) {
	for want, f := range map[string]float64{
		"0.0": 0, "-0.0": math.Copysign(0, -1), "1.0": 1, "0.001": 1e-3, "9.99E-4": 9.99e-4, "9999999.0": 9999999, "1.0E7": 1e7,
		"1.7976931348623157E308": math.MaxFloat64, "-2.5E-7": -2.5e-7, "NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		if got := formatDouble(f); got != want {
			t.Errorf("formatDouble(%g) = %s, want %s", f, got, want)
		}
	}
}

// FuzzNormalize: whatever is accepted is canonical, and canonical text stays as it is.
func FuzzNormalize(f *testing.F) {
	for _, d := range topicDefs {
		f.Add(d.Name, d.Default)
		f.Add(d.Name, " -1,1.5e3 ")
	}
	f.Add("share.auto.offset.reset", "by_duration:P1DT2H3M4.5S")
	f.Fuzz(func(t *testing.T, name, value string) {
		for _, table := range []*Table{Topic(), Broker(), Group(), ClientMetrics()} {
			d, ok := table.Lookup(name)
			if !ok {
				continue
			}
			once, err := d.Normalize(value)
			if err != nil {
				continue
			}
			if twice, err := d.Normalize(once); err != nil || twice != once {
				t.Errorf("%s: %q -> %q -> %q, %v", name, value, once, twice, err)
			}
		}
	})
}
