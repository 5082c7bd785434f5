package main

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// offered is what a shell would show behind a line, and whether it adds files.
func offered(t *testing.T, line ...string) (words []string, files bool) {
	t.Helper()
	env, out, errs := testEnv()
	if err := execute(context.Background(), env, append([]string{cobra.ShellCompNoDescRequestCmd}, line...)); err != nil {
		t.Fatalf("complete %q: %v", line, err)
	}
	if strings.Contains(errs.String(), "kq:") {
		t.Errorf("complete %q says: %s", line, errs)
	}
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(line)
		if directive, ok := strings.CutPrefix(line, ":"); ok {
			return words, directive == "0"
		}
		words = append(words, line)
	}
	t.Fatalf("complete %q: no directive in %q", line, out)
	return nil, false
}

// TestEveryFlagCompletes: files are offered where a flag takes one, and nowhere else.
func TestEveryFlagCompletes(t *testing.T) {
	env, _, _ := testEnv()
	walk(newRootCommand(env), func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			what, _ := pflag.UnquoteUsage(f)
			if f.NoOptDefVal != "" || f.Hidden {
				return
			}
			wanted := strings.Contains(what, "FILE") || strings.Contains(what, "DIR")
			if words, files := offered(t, append(path, "--"+f.Name, "")...); files != wanted {
				t.Errorf("%s --%s offers files: %v, and %q", cmd.CommandPath(), f.Name, files, words)
			}
		})
	})
	for line, want := range map[string]string{
		"topics -o ": "json", "consume t -f ": "value", "topics --color ": "never", "produce t -f ": "json", "serve --sync ": "commit",
	} {
		words, _ := offered(t, strings.Split(line, " ")...)
		if !contains(words, want) {
			t.Errorf("%s offers %q, not %s", line, words, want)
		}
	}
}

// TestCompletionGivesUp: a cluster that does not answer holds nobody's typing up.
func TestCompletionGivesUp(t *testing.T) {
	t.Parallel()
	silent := serveConns(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for name, addr := range map[string]string{"silent": silent, "dead": dead(t)} {
		least := time.Hour // of several tries, since a machine may be busy
		for range 5 {
			begun := time.Now()
			if words, files := offered(t, "-b", addr, "topic", "describe", "o"); len(words) > 0 || files {
				t.Errorf("%s: offers %q, files %v", name, words, files)
			}
			if least = min(least, time.Since(begun)); least < 2*completionTime {
				break
			}
		}
		if least > time.Second {
			t.Errorf("%s: took %v", name, least)
		}
	}
}
