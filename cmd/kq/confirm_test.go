package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kq/internal/cli"
)

func TestConfirm(t *testing.T) {
	for answer, agreed := range map[string]bool{"y\n": true, "YES\n": true, " y": true, "\n": false, "": false, "n\n": false, "yess\n": false} {
		env, _, errs := testEnv()
		env.In, env.InTTY, env.ErrTTY = strings.NewReader(answer), true, true
		a := &app{env: env}
		if err := a.confirm(false, "delete %s?", "x"); (err == nil) != agreed {
			t.Errorf("%q: %v", answer, err)
		}
		if errs.String() != "delete x? [y/N] " {
			t.Errorf("asked %q", errs)
		}
	}
	env, _, errs := testEnv()
	a := &app{env: env}
	var e *cli.Error
	if err := a.confirm(false, "delete?"); !errors.As(err, &e) || e.Code != cli.CodeUsage {
		t.Errorf("without a terminal: %v", err)
	}
	if err := a.confirm(true, "delete?"); err != nil || errs.Len() > 0 {
		t.Errorf("with --yes: %v %q", err, errs)
	}
}

// TestConfirmProtected: the name of a protected profile is typed, or given on
// the command line together with --yes.
func TestConfirmProtected(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("current: prod\nprofiles: {prod: {protected: true}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		answer, profile string
		yes, agreed     bool
		asked           string
	}{
		{"prod\n", "", false, true, "profile prod is protected. delete x? Type the profile's name: "},
		{"y\n", "", false, false, "profile prod is protected. delete x? Type the profile's name: "},
		{"", "", true, false, "profile prod is protected. delete x? Type the profile's name: "},
		{"prod\n", "", true, true, "profile prod is protected. delete x? Type the profile's name: "},
		{"", "prod", true, true, ""},
		{"y\n", "-", false, true, "delete x? [y/N] "},
	} {
		env, _, errs := testEnv()
		env.In, env.InTTY, env.ErrTTY = strings.NewReader(tt.answer), true, true
		env.Getenv = func(name string) string { return map[string]string{"KQ_CONFIG": file}[name] }
		a := &app{env: env, profile: tt.profile, yes: tt.yes}
		if err := a.canConfirm(); err != nil {
			t.Errorf("%+v: %v", tt, err)
		}
		if err := a.confirm(a.yes, "delete %s?", "x"); (err == nil) != tt.agreed || errs.String() != tt.asked {
			t.Errorf("%+v: %v, asked %q", tt, err, errs)
		}
	}
}
