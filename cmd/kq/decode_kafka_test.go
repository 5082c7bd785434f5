//go:build interop

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"kq/internal/interop"
	"kq/internal/staterec"
	"kq/pkg/broker/brokertest"
)

// TestDecodeAsKafka: what kq consume makes of the records of coordinators, its
// own and Apache Kafka's, is what Kafka's formatters make of them.
func TestDecodeAsKafka(t *testing.T) {
	dir, err := interop.InstallDir()
	if err != nil {
		t.Fatal(err)
	}
	jars, err := interop.KafkaJars(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, addr := range map[string]string{"kq": brokertest.Start(t).Addr(), "kafka": startKafka(t, nil)} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			kq := func(in string, args ...string) string {
				env, out, errs := testEnv()
				env.In = strings.NewReader(in)
				if err := execute(ctx, env, append(args, "-b", addr)); err != nil {
					t.Fatalf("%q: %v %s", args, err, errs)
				}
				return out.String()
			}
			kq("", "topic", "create", "t", "-p", "3", "-r", "1")
			kq("one\ntwo\nthree\n", "produce", "t", "--txn", "load", "--batch", "2")
			kq("", "consume", "t", "-g", "readers", "-f", "value")
			for _, c := range []struct{ topic, formatter, mark string }{
				{"__consumer_offsets", "OffsetsMessageFormatter", `"readers"`},
				{"__consumer_offsets", "GroupMetadataMessageFormatter", `"readers"`},
				{"__transaction_state", "TransactionLogMessageFormatter", `"load"`},
			} {
				theirs := formatted(ctx, t, jars, addr, c.topic, c.formatter)
				ours := decodedLines(t, kq("", "consume", c.topic))
				marked := 0
				for _, line := range theirs {
					if !ours[line] {
						t.Errorf("%s: only Kafka's %s prints %s", c.topic, c.formatter, line)
					}
					if strings.Contains(line, c.mark) {
						marked++
					}
				}
				if marked == 0 {
					t.Errorf("%s: nothing of %s in what %s prints: %q", c.topic, c.mark, c.formatter, theirs)
				}
			}
		})
	}
}

// stateRecord is a decoded record, as Kafka's formatters print it.
type stateRecord struct {
	Key struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	} `json:"key"`
	Value *struct {
		Version int             `json:"version"`
		Data    json.RawMessage `json:"data"`
	} `json:"value"`
}

// formatted reads a topic with a formatter of Kafka's console consumer.
func formatted(ctx context.Context, t *testing.T, jars, addr, topic, formatter string) (lines []string) {
	t.Helper()
	cmd := interop.JVM(ctx, jars, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", addr, "--topic", topic,
		"--from-beginning", "--timeout-ms", "5000", "--formatter", "org.apache.kafka.tools.consumer."+formatter)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if end := bytes.LastIndexByte(out, '}'); end >= 0 {
		out = out[:end+1] // behind it is the log of the timeout
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var r stateRecord
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return lines
		} else if err != nil {
			t.Fatalf("%s: %v in %s", formatter, err, out)
		}
		lines = append(lines, r.text(t, topic))
	}
}

func (r stateRecord) text(t *testing.T, topic string) string {
	kind := staterec.Kind(r.Key.Type).String()
	if topic == "__transaction_state" {
		kind = "TransactionLog"
	}
	if r.Value == nil {
		return fmt.Sprintf("%s %s", kind, sorted(t, r.Key.Data))
	}
	return fmt.Sprintf("%s %s %d %s", kind, sorted(t, r.Key.Data), r.Value.Version, sorted(t, r.Value.Data))
}

// decodedLines brings what kq consume prints into the form of text.
func decodedLines(t *testing.T, out string) map[string]bool {
	t.Helper()
	lines := map[string]bool{}
	for line := range strings.Lines(out) {
		var r struct {
			Key, Value         json.RawMessage
			KeyType, ValueType string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		text := r.KeyType + " " + sorted(t, r.Key)
		if _, version, ok := strings.Cut(r.ValueType, "/"); ok {
			text += " " + version + " " + sorted(t, r.Value)
		}
		lines[text] = true
	}
	return lines
}

// sorted brings the fields of an object into one order, and a transaction's
// state to its name.
func sorted(t *testing.T, object []byte) string {
	t.Helper()
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(object))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	if n, ok := m["transactionStatus"].(json.Number); ok {
		state, err := n.Int64()
		if err != nil {
			t.Fatal(err)
		}
		m["transactionStatus"] = staterec.TxnStatus(state).String()
	}
	if m["transactionPartitions"] == nil && m["producerId"] != nil {
		m["transactionPartitions"] = []any{} // null while the id was never used
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
