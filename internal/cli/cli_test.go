package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"kq/internal/cli"
)

// coded is an error of a package that does not know this one.
type coded struct{}

func (coded) Error() string { return "cannot connect" }
func (coded) Hint() string  { return "start it" }
func (coded) ExitCode() int { return cli.CodeConnect }

func TestReport(t *testing.T) {
	plain := errors.New("create topic: no\nluck \x1b[31m")
	tests := []struct {
		name string
		err  error
		code int
		text string
	}{
		{"done", nil, 0, ""},
		{"failed", plain, 1, "kq: create topic: no luck [31m\n"},
		{"usage", cli.Usagef("no such flag %s", "-x"), 2, "kq: no such flag -x\n"},
		{"usage with hint", cli.WithHint(cli.Usagef("no such flag"), "try %s", "--help"), 2, "kq: no such flag\nhint: try --help\n"},
		{"condition", cli.WithHint(cli.WithCode(plain, cli.CodeCondition), "x"), 3, "kq: create topic: no luck [31m\nhint: x\n"},
		{"code after hint", cli.WithCode(cli.WithHint(plain, "x"), cli.CodeCondition), 3, "kq: create topic: no luck [31m\nhint: x\n"},
		{"connect", fmt.Errorf("list topics: %w", coded{}), 4, "kq: list topics: cannot connect\nhint: start it\n"},
		{"interrupted", fmt.Errorf("consume: %w", cli.ErrInterrupted), 130, ""},
		{"closed pipe", fmt.Errorf("print: %w", cli.ErrClosedPipe), 0, ""},
		{"reported", cli.ErrReported, 1, ""},
		{"reported with a code", cli.WithCode(cli.ErrReported, 7), 7, ""},
		{"timeout", context.DeadlineExceeded, 1, "kq: timed out\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var errs bytes.Buffer
			code := cli.Report(&cli.Env{Err: &errs}, tt.err)
			if code != tt.code || errs.String() != tt.text {
				t.Errorf("got %d %q, want %d %q", code, errs.String(), tt.code, tt.text)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	there := []string{"clicks", "orders", "orders-eu", "users", "x"}
	for name, want := range map[string]string{
		"ordrs": "orders", "order": "orders", "roders": "orders", "ordes-eu": "orders-eu", "user": "users", "usres": "users",
		"click-stream": "", "clicks-v2": "clicks", "ord": "orders", "": "", "payments": "", "y": "", "orders": "orders-eu",
	} {
		if got := cli.Nearest(name, there); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestClosedPipeOfStandardOutputHasAName(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	stdout := os.Stdout
	os.Stdout = w
	env := cli.OS()
	os.Stdout = stdout
	if _, err := io.WriteString(env.Out, "x"); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := io.WriteString(env.Out, "x"); !errors.Is(err, cli.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}
