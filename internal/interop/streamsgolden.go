package interop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// StreamsFiles are the files of this repository that hold what Kafka Streams is
// asked, each with its path from the root.
type StreamsFiles struct {
	Cases  string // the folder of the conformance cases
	Joins  string // records of joins
	Stores string // operations of stores
}

// StreamsGolden runs the files of the repository at root on TopologyTestDriver
// of Kafka Streams, with the programs in streamsgolden, and writes what came out
// to the folder out under the names that it has in the repository: .json of the
// cases, .txt of what pkg/streams/dsl and pkg/streams/state are tested against.
func StreamsGolden(ctx context.Context, root string, files StreamsFiles, out string) error {
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
	sources, err := filepath.Glob(filepath.Join(root, "internal", "interop", "streamsgolden", "*.java"))
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
	if err := run("Main", filepath.Join(root, files.Cases), out); err != nil {
		return err
	}
	return run("DslGolden", out, filepath.Join(root, files.Joins), filepath.Join(root, files.Stores))
}
