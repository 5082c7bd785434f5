package configdef

import (
	"slices"
	"strings"
	"testing"
)

// TestTablesAgreeWithKafka compares every definition with the one Kafka's own ConfigDef holds, in both directions.
func TestTablesAgreeWithKafka(t *testing.T) {
	seen := map[*Def]bool{}
	for _, g := range readDefs(t) {
		d, ok := tableOf(t, g.table).Lookup(g.name)
		if !ok {
			t.Errorf("%s %s is missing", g.table, g.name)
			continue
		}
		seen[d] = true
		def := d.Default
		switch {
		case d.Required:
			def = "<none>"
		case d.Null:
			def = "<null>"
		}
		mode := ""
		if d.Mode != Settable {
			mode = d.Mode.String()
		}
		internal := ""
		if d.Internal && g.table != "dynamic" {
			internal = "internal"
		}
		got := goldenDef{g.table, d.Name, d.Type.String(), def, g.check, d.Check.String(), internal, mode, strings.Join(d.Synonyms, ",")}
		if got != g {
			t.Errorf("%s:\n got %v\nwant %v", g.name, got, g)
		}
	}
	for _, table := range []*Table{Topic(), Broker(), Group(), ClientMetrics()} {
		for _, d := range table.All() {
			if !seen[d] {
				t.Errorf("%s is no config of Kafka", d.Name)
			}
		}
	}
}

func TestTablesAreSortedAndFound(t *testing.T) {
	for _, table := range []*Table{Topic(), Broker(), Group(), ClientMetrics()} {
		if !slices.IsSortedFunc(table.All(), func(a, b *Def) int { return strings.Compare(a.Name, b.Name) }) {
			t.Error("table is not sorted by name")
		}
		for _, d := range table.All() {
			if got, ok := table.Lookup(d.Name); !ok || got != d {
				t.Errorf("Lookup(%s) = %v, %v", d.Name, got, ok)
			}
			if _, ok := table.Lookup(d.Name + "x"); ok {
				t.Errorf("Lookup(%sx) found something", d.Name)
			}
		}
	}
	if n := len(Topic().Listed()) + len(Broker().Listed()) + len(Group().Listed()) + len(ClientMetrics().Listed()); n != 393 {
		t.Errorf("%d listed configs, Kafka lists 393", n)
	}
}

func TestDefaultsAreValidAndCanonical(t *testing.T) {
	for _, table := range []*Table{Topic(), Broker(), Group(), ClientMetrics()} {
		for _, d := range table.All() {
			if !d.HasDefault() {
				if d.Default != "" {
					t.Errorf("%s has a default %q and none", d.Name, d.Default)
				}
				continue
			}
			got, err := d.Normalize(d.Default)
			if err != nil || got != d.Default {
				t.Errorf("default of %s: Normalize(%q) = %q, %v", d.Name, d.Default, got, err)
			}
		}
	}
}

func TestSynonymsExist(t *testing.T) {
	for _, table := range []*Table{Topic(), Broker(), Group()} {
		for _, d := range table.All() {
			for _, s := range d.Synonyms {
				if _, ok := Broker().Lookup(s); !ok {
					t.Errorf("%s: synonym %s is no broker config", d.Name, s)
				}
			}
		}
	}
}

// TestDocs asks for a documentation of every config in whole sentences, and never twice the same by accident.
func TestDocs(t *testing.T) {
	for _, table := range []*Table{Topic(), Broker(), Group(), ClientMetrics()} {
		seen := map[string]string{}
		for _, d := range table.All() {
			switch {
			case len(d.Doc) < 25:
				t.Errorf("%s: documentation is missing or too short: %q", d.Name, d.Doc)
			case len(d.Doc) > 500:
				t.Errorf("%s: documentation is %d bytes long", d.Name, len(d.Doc))
			case !strings.HasSuffix(d.Doc, "."):
				t.Errorf("%s: documentation does not end a sentence: %q", d.Name, d.Doc)
			case strings.Contains(d.Doc, "<") || strings.Contains(d.Doc, "  "):
				t.Errorf("%s: documentation has markup or double blanks: %q", d.Name, d.Doc)
			}
			if other, ok := seen[d.Doc]; ok && d.Doc != "" {
				t.Errorf("%s and %s have the same documentation", d.Name, other)
			}
			seen[d.Doc] = d.Name
			if strings.HasSuffix(d.Name, ".ms") && !strings.Contains(d.Doc, "illisecond") {
				t.Errorf("%s: documentation does not name the unit: %q", d.Name, d.Doc)
			}
		}
	}
}
