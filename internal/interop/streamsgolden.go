package interop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// StreamsGolden runs the case files in the folder cases on TopologyTestDriver
// of Kafka Streams (with the programs in streamsgolden, a folder of this
// package at source) and writes what came out to the folder out, and beside
// it the texts that pkg/streams/dsl is tested against (.txt).
func StreamsGolden(ctx context.Context, source, cases, out string) error {
	dir, err := InstallDir()
	if err != nil {
		return err
	}
	var folders []string
	for _, install := range []func(context.Context, string) (string, error){KafkaJars, StreamsJars, StreamsTestJars} {
		jars, err := install(ctx, dir)
		if err != nil {
			return err
		}
		folders = append(folders, filepath.Join(jars, "*"))
	}
	javac, err := Program(ctx, "javac", "openjdk-17-jdk-headless")
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "kq-streams-golden-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	sources, err := filepath.Glob(filepath.Join(source, "streamsgolden", "*.java"))
	if err != nil {
		return err
	}
	path := strings.Join(append([]string{work}, folders...), string(os.PathListSeparator))
	if err := command(ctx, "", javac, append([]string{"--release", "17", "-nowarn", "-cp", path, "-d", work}, sources...)...); err != nil {
		return fmt.Errorf("compile the generator: %w", err)
	}
	run := func(args ...string) error {
		return command(ctx, "", "java", append([]string{"-Xmx1g", "-Djava.io.tmpdir=" + work, "-Dlog4j2.level=OFF", "-cp", path}, args...)...)
	}
	if err := run("Main", cases, out); err != nil {
		return err
	}
	return run("DslGolden", out)
}
