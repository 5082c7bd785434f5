package main

import (
	"errors"
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
