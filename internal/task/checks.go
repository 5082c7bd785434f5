package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"kq/internal/interop"
)

func test(ctx context.Context, e env) error {
	return e.sh(ctx, "go", append([]string{"test", "./..."}, e.args...)...)
}

// tool is the start of a call of a tool that .ci/tools pins.
var tool = []string{"tool", "-modfile=.ci/tools/go.mod"}

// lint is everything that reads sources: our rules, formatting, vet, staticcheck.
func lint(ctx context.Context, e env) error {
	var errs []error
	errs = append(errs, e.sh(ctx, "go", "test", "-count=1", "./internal/lint"))
	errs = append(errs, gofumpt(ctx, e))
	// no file is left out under the tag, so once is enough
	errs = append(errs, e.sh(ctx, "go", "vet", "-tags=interop", "./..."))
	errs = append(errs, e.sh(ctx, "go", append(tool, "staticcheck", "-tags=interop", "./...")...))
	bench := e
	bench.root = filepath.Join(e.root, "bench")
	errs = append(errs, bench.sh(ctx, "go", "vet", "./..."))
	return errors.Join(errs...)
}

// gofumpt lists files that are not in its form; that it lists any is the error.
func gofumpt(ctx context.Context, e env) error {
	fmt.Fprintln(e.out, "$ gofumpt -l .")
	out, err := e.capture(ctx, "go", append(tool, "gofumpt", "-l", ".")...)
	if err != nil {
		return err
	}
	if files := bytes.TrimSpace(out); len(files) > 0 {
		return fmt.Errorf("not gofumpt's form: %s (go tool -modfile=.ci/tools/go.mod gofumpt -w FILE)", strings.ReplaceAll(string(files), "\n", " "))
	}
	return nil
}

// platforms are built and vetted beside the one this runs on.
var platforms = [][2]string{{"windows", "amd64"}, {"darwin", "arm64"}, {"linux", "arm64"}}

func cross(ctx context.Context, e env) error {
	var errs []error
	for _, p := range platforms {
		target := e.with("CGO_ENABLED=0", "GOOS="+p[0], "GOARCH="+p[1])
		fmt.Fprintf(e.out, "%s/%s\n", p[0], p[1])
		errs = append(errs, target.sh(ctx, "go", "build", "./..."), target.sh(ctx, "go", "vet", "./..."))
	}
	return errors.Join(errs...)
}

// concurrent are the packages whose tests run under the race detector.
var concurrent = []string{"./pkg/...", "./internal/client/...", "./internal/interop/..."}

func race(ctx context.Context, e env) error {
	if _, err := exec.LookPath("gcc"); err != nil {
		if _, err := exec.LookPath("clang"); err != nil {
			return errors.New("the race detector needs a C compiler: install gcc")
		}
	}
	args := append([]string{"test", "-race", "-timeout=20m"}, concurrent...)
	return e.with("CGO_ENABLED=1").sh(ctx, "go", append(args, e.args...)...)
}

// golden records the trap table's goldens, the rest of the interop tests left
// out; with the argument streams it records the conformance cases of pkg/streams.
func golden(ctx context.Context, e env) error {
	if len(e.args) > 0 {
		if e.args[0] != "streams" {
			return fmt.Errorf("no golden files %q: usage: golden [streams [-check]]", e.args[0])
		}
		return goldenStreams(ctx, e)
	}
	return e.sh(ctx, "go", "test", "-tags=interop", "-timeout=20m", "-count=1", "-run=TestTrapsApache", "./internal/interop", "-update")
}

// interopTests run kq against its peers, then the scripts of cmd/kq against
// Apache Kafka and in real shells, and its segments and batches beside Kafka's
// own classes. Arguments are for the first part.
func interopTests(ctx context.Context, e env) error {
	args := []string{"test", "-tags=interop", "-timeout=50m", "-count=1"}
	peers := e.sh(ctx, "go", append(append(args, "./internal/interop"), e.args...)...)
	scripts := e.sh(ctx, "go", append(args, "-run=Kafka|Shell", "./cmd/kq")...)
	return errors.Join(peers, scripts, classTests(ctx, e, args))
}

func classTests(ctx context.Context, e env, args []string) error {
	dir, err := interop.InstallDir()
	if err != nil {
		return err
	}
	jars, err := interop.KafkaJars(ctx, dir)
	if err != nil {
		return err
	}
	names := "-run=^(TestDumpLogSegments|TestCleanAsKafka|TestOracle.*)$"
	return e.with("KQ_KAFKA_JARS="+jars).sh(ctx, "go", append(args, names, "./pkg/broker/logstore", "./pkg/broker/batch")...)
}

func bench(ctx context.Context, e env) error {
	kq, cleanup, err := e.buildKQ(ctx)
	if err != nil {
		return err
	}
	defer cleanup()
	b := e.with("KQ_BIN=" + kq)
	b.root = filepath.Join(e.root, "bench")
	cmd := b.command(ctx, "go", append([]string{"run", "."}, e.args...)...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
