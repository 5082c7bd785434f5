package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// KafkaVersion is the Apache Kafka that kq is compared with.
const KafkaVersion = "4.3.1"

// InstallDir makes and returns the folder that keeps what is installed:
// KQ_INTEROP_DIR, or one in the user's cache.
func InstallDir() (string, error) {
	dir := os.Getenv("KQ_INTEROP_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		dir = filepath.Join(cache, "kq-interop")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// Program finds name, installing the system package pkg when it is missing.
func Program(ctx context.Context, name, pkg string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if err := command(ctx, "", "apt-get", "install", "-y", "-q", "--no-install-recommends", pkg); err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	return exec.LookPath(name)
}

// KafkaJars returns a folder with Apache Kafka's class path, resolved by Maven once.
func KafkaJars(ctx context.Context, dir string) (string, error) {
	if _, err := Program(ctx, "java", "openjdk-17-jre-headless"); err != nil {
		return "", err
	}
	if jars := os.Getenv("KQ_KAFKA_JARS"); jars != "" {
		return jars, nil
	}
	return mavenJars(ctx, filepath.Join(dir, "kafka-"+KafkaVersion), [][3]string{
		{"org.apache.kafka", "kafka_2.13", KafkaVersion},
		{"org.apache.kafka", "kafka-tools", KafkaVersion},
		{"org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.1"},
		{"org.apache.logging.log4j", "log4j-core", "2.25.1"},
		{"org.apache.logging.log4j", "log4j-1.2-api", "2.25.1"},
	})
}

// StreamsJars returns a folder with what Kafka Streams' examples need on top
// of KafkaJars, resolved by Maven once.
func StreamsJars(ctx context.Context, dir string) (string, error) {
	return mavenJars(ctx, filepath.Join(dir, "streams-"+KafkaVersion), [][3]string{
		{"org.apache.kafka", "kafka-streams-examples", KafkaVersion},
	}, "-DincludeArtifactIds=kafka-streams,kafka-streams-examples,rocksdbjni")
}

// StreamsTestJars returns a folder with what TopologyTestDriver needs on top
// of KafkaJars and StreamsJars, resolved by Maven once.
func StreamsTestJars(ctx context.Context, dir string) (string, error) {
	return mavenJars(ctx, filepath.Join(dir, "streams-test-"+KafkaVersion), [][3]string{
		{"org.apache.kafka", "kafka-streams-test-utils", KafkaVersion},
	}, "-DincludeArtifactIds=kafka-streams-test-utils")
}

// mavenJars resolves artifacts (group, name, version) with what they need into
// the folder jars, when it is not there yet.
func mavenJars(ctx context.Context, jars string, artifacts [][3]string, more ...string) (string, error) {
	if _, err := os.Stat(jars); err == nil {
		return jars, nil
	}
	if _, err := Program(ctx, "mvn", "maven"); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(jars), "maven-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), []byte(pom(artifacts)), 0o644); err != nil {
		return "", err
	}
	args := append([]string{"-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"}, more...)
	if err := command(ctx, work, "mvn", args...); err != nil {
		return "", fmt.Errorf("resolve Kafka's class path: %w", err)
	}
	return jars, os.Rename(filepath.Join(work, "jars"), jars)
}

func pom(artifacts [][3]string) string {
	var b strings.Builder
	b.WriteString("<project><modelVersion>4.0.0</modelVersion><groupId>kq</groupId><artifactId>interop</artifactId><version>1</version><dependencies>\n")
	for _, gav := range artifacts {
		fmt.Fprintf(&b, "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n", gav[0], gav[1], gav[2])
	}
	b.WriteString("</dependencies></project>\n")
	return b.String()
}

// command runs a program quietly; what it said is in the error.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
