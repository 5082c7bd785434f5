package conf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kq/internal/conf"
)

// TestSetFile: a file of client properties, and the words about one that is none.
func TestSetFile(t *testing.T) {
	for text, want := range map[string]string{
		"client.id = a\\\n  b\ngroup.id=x\n":  "",
		"client.id=\xe9":                      "",
		"client.id=a\nlinger.ms=\\u00zz":      `: line 2: \u needs four hexadecimal digits`,
		"#" + strings.Repeat(" ", 1<<20):      ": larger than 1048576 bytes, this is no file of client properties",
		"\n\nclient.idd=a":                    ":3: ",
		"client.id=a\nsecurity.protocol=soon": ":2: ",
	} {
		path := filepath.Join(t.TempDir(), "client.properties")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var v conf.Values
		var skipped []string
		err := v.SetFile(path, func(name string) { skipped = append(skipped, name) })
		if want == "" {
			id := v.Text("client.id")
			if err != nil || id != "ab" && id != "é" || id == "ab" && (len(skipped) != 1 || skipped[0] != "group.id") {
				t.Errorf("%.40q: %q, skipped %q, %v", text, id, skipped, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), path+want) {
			t.Errorf("%.40q: got %v, want %s", text, err, path+want)
		}
	}
	var v conf.Values
	if err := v.SetFile(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a file that is not there was read")
	}
}
