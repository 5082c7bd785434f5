package run

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"kq/pkg/broker/brokertest"
)

// once runs the application to the end of its input.
func once(t *testing.T, b *brokertest.Broker, tune func(o *Options)) Status {
	t.Helper()
	i := start(t, b, wordCount(t), func(o *Options) {
		o.Once = true
		tune(o)
	})
	err := <-i.done
	i.done <- err
	if err != nil {
		t.Fatal(err)
	}
	return i.Status()
}

func TestLocalStateSavesTheRestore(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		b := broker(t, "lines:2", "counts:1")
		cl := client(t, b)
		dir := t.TempDir()
		tune := func(o *Options) { o.Guarantee, o.StateDir = g, dir }
		put(t, cl, 100, words)
		once(t, b, tune)
		put(t, cl, 100, words)
		if s := once(t, b, tune); s.Restored > 2 { // at most the markers
			t.Errorf("%s: %d records were restored though the state is there", g, s.Restored)
		}
		put(t, cl, 100, words) // elsewhere
		if s := once(t, b, func(o *Options) { o.Guarantee = g }); s.Restored < 1000 {
			t.Errorf("%s: %d records were restored", g, s.Restored)
		}
		put(t, cl, 100, words)
		if s := once(t, b, tune); s.Restored < 500 || s.Restored > 600 {
			t.Errorf("%s: %d records were restored, want the 500 that came elsewhere", g, s.Restored)
		}
		got := read(t, b, "counts", func(x *table) bool { return x.n >= 2000 })
		for k, v := range model(100) {
			if got.last[k] != 4*v {
				t.Fatalf("%s: %s is %d, want %d", g, k, got.last[k], 4*v)
			}
		}
	}
}

func TestStateThatDoesNotFitItsChangelogIsDropped(t *testing.T) {
	const changelog = "app-counts-changelog"
	for name, harm := range map[string]func(t *testing.T, b *brokertest.Broker, adm *kadm.Client) int64{
		"made anew": func(t *testing.T, b *brokertest.Broker, adm *kadm.Client) int64 {
			if _, err := adm.DeleteTopics(t.Context(), changelog); err != nil {
				t.Fatal(err)
			}
			b.Topic(changelog, 1)
			return 1 // counts start again
		},
		"deleted": func(t *testing.T, _ *brokertest.Broker, adm *kadm.Client) int64 {
			if _, err := adm.DeleteTopics(t.Context(), changelog); err != nil {
				t.Fatal(err)
			}
			return 1
		},
		"begins later": func(t *testing.T, b *brokertest.Broker, adm *kadm.Client) int64 {
			put(t, client(t, b), 10, func(int) string { return "hello" })
			once(t, b, func(*Options) {}) // elsewhere
			ends, err := adm.ListEndOffsets(t.Context(), changelog)
			if err != nil {
				t.Fatal(err)
			}
			both := kadm.AlterConfig{Name: "cleanup.policy", Value: kadm.StringPtr("compact,delete")}
			if _, err := adm.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{both}, changelog); err != nil {
				t.Fatal(err)
			}
			if gone, err := adm.DeleteRecords(t.Context(), ends.Offsets()); err != nil || gone.Error() != nil {
				t.Fatal(err, gone.Error())
			}
			return 1
		},
		"unharmed": func(*testing.T, *brokertest.Broker, *kadm.Client) int64 { return 11 },
	} {
		t.Run(name, func(t *testing.T) {
			b := broker(t, "lines:1", "counts:1")
			cl := client(t, b)
			dir := t.TempDir()
			put(t, cl, 10, func(int) string { return "hello" })
			once(t, b, func(o *Options) { o.StateDir = dir })
			want := harm(t, b, kadm.NewClient(cl))
			put(t, cl, 1, func(int) string { return "hello" })
			once(t, b, func(o *Options) { o.StateDir = dir })
			read(t, b, "counts", func(x *table) bool { return x.last["hello"] == want && x.n >= 11 })
		})
	}
}

func TestCorruptStateIsRestored(t *testing.T) {
	b := broker(t, "lines:1", "counts:1")
	cl := client(t, b)
	dir := t.TempDir()
	put(t, cl, 10, func(int) string { return "hello" })
	once(t, b, func(o *Options) { o.StateDir = dir })
	files, err := filepath.Glob(filepath.Join(dir, "app", "1_0", "MANIFEST*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		if err := os.WriteFile(f, []byte("rubbish rubbish rubbish"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(t, cl, 1, func(int) string { return "hello" })
	once(t, b, func(o *Options) { o.StateDir = dir })
	read(t, b, "counts", func(x *table) bool { return x.last["hello"] == 11 })
}

func TestStateDirectoryOfOneProcess(t *testing.T) {
	dir := t.TempDir()
	d, err := openStateDir(dir, "app")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openStateDir(dir, "app"); !errors.Is(err, ErrStateInUse) {
		t.Errorf("a second process has the directory: %v", err)
	}
	other, err := openStateDir(dir, "app2")
	if err != nil {
		t.Fatalf("another application beside it: %v", err)
	}
	other.close()
	d.close()
	again, err := openStateDir(dir, "app")
	if err != nil || again.process != d.process {
		t.Fatalf("%v; the process id was %s and is %s", err, d.process, again.process)
	}
	again.close()
	b, err := json.Marshal(identity{App: "else", Process: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "app", identityFile), b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openStateDir(dir, "app"); !errors.Is(err, ErrStateOfAnother) || !strings.Contains(err.Error(), "else") {
		t.Errorf("the directory of another application: %v", err)
	}
}

func TestAnInternalTopicOfTheWrongSize(t *testing.T) {
	b := broker(t, "lines:2", "counts:1", "app-counts-changelog:3")
	i := start(t, b, wordCount(t), nil)
	err := <-i.done
	i.done <- err
	if !errors.Is(err, ErrPartitions) || !strings.Contains(err.Error(), "app-counts-changelog has 3, the topology needs 2") {
		t.Errorf("%v", err)
	}
	if i.Status().State != Failed {
		t.Errorf("state %s", i.Status().State)
	}
}

func TestInternalTopicsHaveKafkasConfigs(t *testing.T) {
	b := broker(t, "lines:2", "counts:1")
	put(t, client(t, b), 1, words)
	once(t, b, func(o *Options) { o.Commit = time.Hour })
	got, err := kadm.NewClient(client(t, b)).DescribeTopicConfigs(t.Context(), "app-words-repartition", "app-counts-changelog")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"app-words-repartition": {"cleanup.policy": "delete", "segment.bytes": "52428800", "retention.ms": "-1", "message.timestamp.type": "CreateTime"},
		"app-counts-changelog":  {"cleanup.policy": "compact", "message.timestamp.type": "CreateTime"},
	}
	for _, topic := range got {
		have := map[string]string{}
		for _, c := range topic.Configs {
			have[c.Key] = c.MaybeValue()
		}
		for k, v := range want[topic.Name] {
			if have[k] != v {
				t.Errorf("%s: %s is %q, want %q", topic.Name, k, have[k], v)
			}
		}
	}
}
