//go:build interop

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/interop"
)

// ownBroker is the first comment line of scripts about kq's own broker.
const ownBroker = "# kq's own broker"

// serial runs scripts one after the other: they share a cluster.
type serial struct{ *testing.T }

func (serial) Parallel()     {}
func (serial) Verbose() bool { return testing.Verbose() }
func (s serial) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(serial{t}) })
}

// TestScriptKafka runs the scripts of TestScript on Apache Kafka, each on a
// cluster that has nothing in it.
func TestScriptKafka(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Error(err) // its script would be left out without a word
		}
	}
	addr := startKafka(t, shareSettings())
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.MetadataMinAge(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	files, err := filepath.Glob(filepath.Join("testdata", "script", "*", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	byNoun := map[string][]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(string(text), "\n"); first != ownBroker {
			noun := filepath.Base(filepath.Dir(f))
			byNoun[noun] = append(byNoun[noun], f)
		}
	}
	others := startOthers(t)
	for noun, files := range byNoun {
		t.Run(noun, func(t *testing.T) {
			p := scriptParams(others, func(*testscript.Env) string {
				empty(t, cl)
				return addr
			})
			p.Files, p.UpdateScripts = files, false
			testscript.RunT(serial{t}, p)
		})
	}
}

// startKafka starts an Apache Kafka for a test, with settings where there are
// any, and returns its address.
func startKafka(t *testing.T, settings map[string]string) string {
	t.Helper()
	dir, err := interop.InstallDir()
	if err != nil {
		t.Fatal(err)
	}
	jars, err := interop.KafkaJars(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	kafka, err := interop.StartKafka(t.Context(), jars, t.TempDir(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kafka.Kill(); err != nil {
			t.Error(err)
		}
	})
	return kafka.Addr
}

// empty takes the topics, groups and broker settings of earlier scripts away.
func empty(t *testing.T, cl *kgo.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	adm := kadm.NewClient(cl)
	groups, err := adm.ListGroups(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := adm.DeleteGroups(ctx, groups.Groups()...); err != nil {
		t.Fatal(err)
	}
	resetConfigs(ctx, t, cl, kmsg.ConfigResourceTypeBroker, "1", "")
	for {
		topics, err := adm.ListTopics(kadm.WithAuthorizedOps(ctx)) // which asks the cluster
		if err != nil {
			t.Fatal(err)
		}
		if len(topics) == 0 {
			return
		}
		if _, err := adm.DeleteTopics(ctx, topics.Names()...); err != nil {
			t.Fatal(err)
		}
	}
}

// resetConfigs takes back what was set on resources while the cluster ran.
func resetConfigs(ctx context.Context, t *testing.T, cl *kgo.Client, kind kmsg.ConfigResourceType, names ...string) {
	t.Helper()
	ask := kmsg.NewPtrDescribeConfigsRequest()
	for _, name := range names {
		r := kmsg.NewDescribeConfigsRequestResource()
		r.ResourceType, r.ResourceName = kind, name
		ask.Resources = append(ask.Resources, r)
	}
	resp, err := ask.RequestWith(ctx, cl)
	if err != nil {
		t.Fatal(err)
	}
	alter := kmsg.NewPtrIncrementalAlterConfigsRequest()
	for _, r := range resp.Resources {
		back := kmsg.NewIncrementalAlterConfigsRequestResource()
		back.ResourceType, back.ResourceName = kind, r.ResourceName
		for _, c := range r.Configs {
			if c.Source == kmsg.ConfigSourceDynamicBrokerConfig && r.ResourceName != "" || c.Source == kmsg.ConfigSourceDynamicDefaultBrokerConfig && r.ResourceName == "" {
				set := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
				set.Name, set.Op = c.Name, kmsg.IncrementalAlterConfigOpDelete
				back.Configs = append(back.Configs, set)
			}
		}
		if len(back.Configs) > 0 {
			alter.Resources = append(alter.Resources, back)
		}
	}
	if len(alter.Resources) == 0 {
		return
	}
	if _, err := alter.RequestWith(ctx, cl); err != nil {
		t.Fatal(err)
	}
}
