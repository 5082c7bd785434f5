//go:build interop

package interop

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestAPIVersions compares the version range of every key kq advertises with
// Apache Kafka's own.
func TestAPIVersions(t *testing.T) {
	kafka, err := APIVersions(startApache(t, t.TempDir()).addr)
	if err != nil {
		t.Fatal(err)
	}
	ranges := map[int16]kmsg.ApiVersionsResponseApiKey{}
	for _, k := range kafka {
		ranges[k.ApiKey] = k
	}
	ours, err := APIVersions(startKQ(t, t.TempDir()).addr)
	if err != nil {
		t.Fatal(err)
	}
	if len(ours) < 17 {
		t.Errorf("kq advertises %d keys", len(ours))
	}
	for _, k := range ours {
		want, ok := ranges[k.ApiKey]
		name := kmsg.NameForKey(k.ApiKey)
		switch {
		case !ok:
			t.Errorf("%s (%d): kq serves it, Kafka does not", name, k.ApiKey)
		case k.MinVersion != want.MinVersion || k.MaxVersion != want.MaxVersion:
			t.Errorf("%s (%d): kq serves %d-%d, Kafka %d-%d", name, k.ApiKey, k.MinVersion, k.MaxVersion, want.MinVersion, want.MaxVersion)
		}
	}
}

// TestTrapsBinary runs the trap table on the built binary, as users run it.
func TestTrapsBinary(t *testing.T) {
	RunTable(t, selected(t), func(t *testing.T, settings map[string]string) (string, int32) {
		args := []string{"--set", "node.id=1"}
		for k, v := range settings {
			args = append(args, "--set", k+"="+v)
		}
		return startKQ(t, t.TempDir(), args...).addr, 1
	}, checkKQ)
}
