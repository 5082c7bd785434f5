//go:build interop

package interop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kafkaVersion is the Apache Kafka that kq is compared with.
const kafkaVersion = "4.3.1"

// peers is what TestMain installs once for all tests.
type peers struct {
	jars   string // folder of Apache Kafka's class path
	python string // an interpreter with confluent-kafka and kafka-python
	kcat   string
	kq     string // the built binary

	archive string // the JVM's class data archive, "" when there is none
}

// installed is set by TestMain before any test runs.
var installed peers

// TestMain installs the peers into KQ_INTEROP_DIR (default: the user's cache)
// and builds kq. Packages of the system come from apt-get, when it is there.
func TestMain(m *testing.M) {
	code, err := setup(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		code = 1
	}
	os.Exit(code)
}

func setup(m *testing.M) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	dir := os.Getenv("KQ_INTEROP_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		dir = filepath.Join(cache, "kq-interop")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 1, err
	}
	tmp, err := os.MkdirTemp("", "kq-interop-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(tmp)
	var errs []error
	installed.jars, err = kafkaJars(ctx, dir)
	errs = append(errs, err)
	if err == nil {
		errs = append(errs, classArchive(ctx, dir, installed.jars))
	}
	installed.python, err = pythonClients(ctx, dir)
	errs = append(errs, err)
	installed.kcat, err = program(ctx, "kcat", "kcat")
	errs = append(errs, err)
	installed.kq = filepath.Join(tmp, "kq")
	errs = append(errs, command(ctx, "", "go", "build", "-trimpath", "-o", installed.kq, "kq/cmd/kq"))
	if err := errors.Join(errs...); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// program finds name, installing the system package pkg when it is missing.
func program(ctx context.Context, name, pkg string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if err := command(ctx, "", "apt-get", "install", "-y", "-q", "--no-install-recommends", pkg); err != nil {
		return "", fmt.Errorf("install %s: %w", name, err)
	}
	return exec.LookPath(name)
}

// kafkaJars returns a folder with Apache Kafka's class path, resolved by Maven once.
func kafkaJars(ctx context.Context, dir string) (string, error) {
	if _, err := program(ctx, "java", "openjdk-17-jre-headless"); err != nil {
		return "", err
	}
	if jars := os.Getenv("KQ_KAFKA_JARS"); jars != "" {
		return jars, nil
	}
	jars := filepath.Join(dir, "kafka-"+kafkaVersion)
	if _, err := os.Stat(jars); err == nil {
		return jars, nil
	}
	if _, err := program(ctx, "mvn", "maven"); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(dir, "maven-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), []byte(pom()), 0o644); err != nil {
		return "", err
	}
	if err := command(ctx, work, "mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"); err != nil {
		return "", fmt.Errorf("resolve Kafka's class path: %w", err)
	}
	return jars, os.Rename(filepath.Join(work, "jars"), jars)
}

// classArchive makes the JVM start in a third of the time: the classes that the
// tools load are kept in an archive.
func classArchive(ctx context.Context, dir, jars string) error {
	archive := filepath.Join(dir, "kafka-"+kafkaVersion+".jsa")
	if _, err := os.Stat(archive); err != nil {
		// no broker is needed: the tool gives up by itself
		cmd := JVM(ctx, jars, "org.apache.kafka.tools.BrokerApiVersionsCommand", "--bootstrap-server", "127.0.0.1:1")
		cmd.Args = append([]string{cmd.Args[0], "-XX:ArchiveClassesAtExit=" + archive}, cmd.Args[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil && ctx.Err() != nil {
			return fmt.Errorf("archive Kafka's classes: %w: %s", err, out)
		}
	}
	if _, err := os.Stat(archive); err == nil {
		installed.archive = archive
	}
	return nil
}

func pom() string {
	var b strings.Builder
	b.WriteString("<project><modelVersion>4.0.0</modelVersion><groupId>kq</groupId><artifactId>interop</artifactId><version>1</version><dependencies>\n")
	for _, gav := range [][3]string{
		{"org.apache.kafka", "kafka_2.13", kafkaVersion},
		{"org.apache.kafka", "kafka-tools", kafkaVersion},
		{"org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.1"},
		{"org.apache.logging.log4j", "log4j-core", "2.25.1"},
		{"org.apache.logging.log4j", "log4j-1.2-api", "2.25.1"},
	} {
		fmt.Fprintf(&b, "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n", gav[0], gav[1], gav[2])
	}
	b.WriteString("</dependencies></project>\n")
	return b.String()
}

// pythonClients returns the interpreter of a virtual environment that has the clients.
func pythonClients(ctx context.Context, dir string) (string, error) {
	venv := filepath.Join(dir, "venv")
	python := filepath.Join(venv, "bin", "python")
	if exec.CommandContext(ctx, python, "-c", "import confluent_kafka, kafka").Run() == nil {
		return python, nil
	}
	base, err := program(ctx, "python3", "python3")
	if err != nil {
		return "", err
	}
	if exec.CommandContext(ctx, base, "-m", "venv", "--clear", venv).Run() != nil {
		if err := command(ctx, "", "apt-get", "install", "-y", "-q", "--no-install-recommends", "python3-venv"); err != nil {
			return "", fmt.Errorf("install python3-venv: %w", err)
		}
		if err := command(ctx, "", base, "-m", "venv", "--clear", venv); err != nil {
			return "", err
		}
	}
	return python, command(ctx, "", python, "-m", "pip", "install", "-q", "confluent-kafka==2.16.1", "kafka-python==3.0.12")
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
