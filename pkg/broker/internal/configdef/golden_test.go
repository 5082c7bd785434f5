package configdef

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
)

// readGolden decodes one JSON document a line of a file that testdata/Goldens.java printed.
func readGolden[T any](t *testing.T, file string) []T {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	dec := json.NewDecoder(bytes.NewReader(data))
	for dec.More() {
		var v T
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%s: document %d: %v", file, len(out)+1, err)
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		t.Fatalf("%s is empty", file)
	}
	return out
}

// goldenDef is a line of defs.tsv.
type goldenDef struct {
	table, name, typ, def, check, valid, internal, mode, synonyms string
}

func readDefs(t *testing.T) []goldenDef {
	t.Helper()
	data, err := os.ReadFile("testdata/defs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []goldenDef
	for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
		f := strings.Split(sc.Text(), "\t")
		if len(f) != 9 {
			t.Fatalf("defs.tsv: %d fields in %q", len(f), sc.Text())
		}
		out = append(out, goldenDef{f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8]})
	}
	return out
}

func tableOf(t *testing.T, name string) *Table {
	t.Helper()
	switch name {
	case "topic":
		return Topic()
	case "broker", "dynamic":
		return Broker()
	case "group":
		return Group()
	case "client":
		return ClientMetrics()
	}
	t.Fatalf("no table %q", name)
	return nil
}

// goldenStatic is the smallest server.properties of Apache Kafka 4.3.1, under which the goldens were printed.
func goldenStatic(more map[string]string) map[string]string {
	out := map[string]string{
		"node.id": "1", "process.roles": "broker,controller", "controller.quorum.voters": "1@localhost:9093",
		"listeners": "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093", "controller.listener.names": "CONTROLLER",
	}
	maps.Copy(out, more)
	return WithNodeID(out)
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
