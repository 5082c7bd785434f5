package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"kq/internal/cli"
	"kq/pkg/broker"
)

// writeReadyFile says in a file where the broker is. The file is there at once
// with its whole content.
func writeReadyFile(name, line string) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".tmp*")
	if err != nil {
		return fmt.Errorf("write ready file: %w", err)
	}
	_, err = tmp.WriteString(line + "\n")
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write ready file: %w", err), os.Remove(tmp.Name()))
	}
	return nil
}

// dropStaleReadyFile removes a ready file that a broker which was killed has
// left, so that nobody takes it for this one's. One whose broker answers stays.
func dropStaleReadyFile(name string) error {
	line, err := os.ReadFile(name)
	if err != nil {
		return nil // nothing to drop; writing it later tells what is wrong
	}
	addr, _, _ := strings.Cut(strings.TrimSpace(string(line)), ",")
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		return conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale ready file: %w", err)
	}
	return nil
}

// runServe runs a broker until ctx ends, it fails, or the command that was given
// has ended.
func runServe(ctx context.Context, a *app, o *serveOptions, files, command []string) error {
	start := time.Now()
	opts, err := o.options(a, files)
	if err != nil {
		return err
	}
	tuneMemory(a.env, 50)
	if o.readyFile != "" {
		if err := dropStaleReadyFile(o.readyFile); err != nil {
			return err
		}
	}
	d, err := o.http.open(opts.Logger)
	if err != nil {
		return err
	}
	b, err := broker.Open(ctx, opts)
	if err != nil {
		_ = d.close() // nobody has used it
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	d.run(b)
	if o.readyFile != "" {
		if err := writeReadyFile(o.readyFile, b.Addr()); err != nil {
			return errors.Join(err, d.close(), b.Close())
		}
	}
	out := a.env.Out
	if len(command) > 0 {
		out = a.env.Err // standard output is the command's
	}
	if _, err = fmt.Fprintln(out, o.readyLine(b, d, time.Since(start))); err == nil {
		if len(command) > 0 {
			vars := []string{"KQ_BOOTSTRAP=" + b.Addr()}
			if d != nil {
				vars = append(vars, "KQ_HTTP="+d.url())
			}
			err = runChild(ctx, a.env, command, vars, b.Done())
		} else {
			err = waitServe(ctx, b, d)
		}
	}
	return stopServe(a.env, b, o.readyFile, d.end(err))
}

// waitServe waits until the broker is to stop, or has by itself, or its door has.
func waitServe(ctx context.Context, b *broker.Broker, d *door) error {
	select {
	case <-d.broke():
		return d.err
	case <-b.Done():
		return b.Err()
	case <-ctx.Done():
		if err := context.Cause(ctx); !errors.Is(err, cli.ErrInterrupted) {
			return err
		}
		return nil
	}
}

// stopServe stops the broker. A stop that was asked for is a success.
func stopServe(env *cli.Env, b *broker.Broker, readyFile string, err error) error {
	if e := b.Close(); e != nil && !errors.Is(err, e) {
		e = cli.WithHint(fmt.Errorf("stop broker: %w", e), "the next start recovers what was not written")
		if errors.Is(err, cli.ErrReported) { // the exit code is the command's
			cli.Say(env, e)
			return err
		}
		return errors.Join(err, e)
	}
	if readyFile != "" {
		if e := os.Remove(readyFile); e != nil && !errors.Is(e, os.ErrNotExist) {
			return errors.Join(err, fmt.Errorf("remove ready file: %w", e))
		}
	}
	return err
}

// tuneMemory keeps the resident memory of a broker or a streams job small: its
// heap is small and short-lived, and what it could win by collecting less often
// the page cache of the logs uses better. percent is Go's GOGC; the variable of
// that name goes first.
func tuneMemory(env *cli.Env, percent int) {
	if env.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
