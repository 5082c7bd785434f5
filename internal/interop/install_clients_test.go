//go:build interop

package interop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// javaClients compiles the programs of testdata and finds Kafka Streams.
func javaClients(ctx context.Context, dir, tmp string) error {
	javac, err := Program(ctx, "javac", "openjdk-17-jdk-headless")
	if err != nil {
		return err
	}
	installed.classes = filepath.Join(tmp, "classes")
	if err := command(ctx, "", javac, "--release", "17", "-cp", filepath.Join(installed.jars, "*"), "-d", installed.classes, "testdata/Groups.java", "testdata/Shares.java"); err != nil {
		return fmt.Errorf("compile the Java clients: %w", err)
	}
	installed.streams, err = StreamsJars(ctx, dir)
	return err
}

// kafkajs installs Node.js and kafkajs.
func kafkajs(ctx context.Context, dir string) (err error) {
	if installed.node, err = Program(ctx, "node", "nodejs"); err != nil {
		return err
	}
	home := filepath.Join(dir, "node")
	installed.modules = filepath.Join(home, "node_modules")
	if _, err := os.Stat(filepath.Join(installed.modules, "kafkajs")); err == nil {
		return nil
	}
	npm, err := Program(ctx, "npm", "npm")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return fmt.Errorf("install kafkajs: %w", err)
	}
	return command(ctx, home, npm, "install", "--no-audit", "--no-fund", "kafkajs@2.2.4")
}
