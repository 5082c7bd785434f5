//go:build interop

package interop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// peers is what TestMain installs once for all tests.
type peers struct {
	jars   string // folder of Apache Kafka's class path
	python string // an interpreter with confluent-kafka and kafka-python
	kcat   string
	kq     string // the built binary

	archive string // the JVM's class data archive, "" when there is none
	classes string // folder of testdata/Groups.java, compiled
	streams string // folder of the class path's part for Kafka Streams and its examples
	node    string // an interpreter of JavaScript
	modules string // its folder of packages: kafkajs
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
	dir, err := InstallDir()
	if err != nil {
		return 1, err
	}
	tmp, err := os.MkdirTemp("", "kq-interop-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(tmp)
	var errs []error
	installed.jars, err = KafkaJars(ctx, dir)
	errs = append(errs, err)
	if err == nil {
		errs = append(errs, classArchive(ctx, dir, installed.jars))
	}
	installed.python, err = pythonClients(ctx, dir)
	errs = append(errs, err)
	errs = append(errs, javaClients(ctx, dir, tmp), kafkajs(ctx, dir))
	installed.kcat, err = Program(ctx, "kcat", "kcat")
	errs = append(errs, err)
	installed.kq = filepath.Join(tmp, "kq")
	errs = append(errs, command(ctx, "", "go", "build", "-trimpath", "-o", installed.kq, "kq/cmd/kq"))
	if err := errors.Join(errs...); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// classArchive makes the JVM start in a third of the time: the classes that the
// tools load are kept in an archive.
func classArchive(ctx context.Context, dir, jars string) error {
	archive := filepath.Join(dir, "kafka-"+KafkaVersion+".jsa")
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

// pythonClients returns the interpreter of a virtual environment that has the clients.
func pythonClients(ctx context.Context, dir string) (string, error) {
	venv := filepath.Join(dir, "venv")
	python := filepath.Join(venv, "bin", "python")
	if exec.CommandContext(ctx, python, "-c", "import confluent_kafka, kafka").Run() == nil {
		return python, nil
	}
	base, err := Program(ctx, "python3", "python3")
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
