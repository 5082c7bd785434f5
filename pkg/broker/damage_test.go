package broker_test

import (
	"os"
	"path/filepath"
	"testing"

	"kq/pkg/broker"
)

// What is damaged in a data directory is named in one line, with a way out.
func TestOpenDamaged(t *testing.T) {
	for name, want := range map[string]string{
		"meta.properties": "meta.properties",
		filepath.Join("__cluster_metadata-0", "00000000000000000000.log"): "metadata log",
	} {
		dir := t.TempDir()
		o := broker.Options{DataDir: dir, Listen: []string{"127.0.0.1:0"}}
		b, err := broker.Open(t.Context(), o)
		if err == nil {
			err = b.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = broker.Open(t.Context(), o)
		wantError(t, err, "open data directory "+dir)
		wantError(t, err, want)
	}
}
