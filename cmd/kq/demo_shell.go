package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"

	"kq/internal/cli"
)

// say prints what comes next, as a shell's comment.
func (d *demo) say(text string) func() error {
	return func() error {
		_, err := fmt.Fprintf(d.env.Out, "\n# %s\n", text)
		return err
	}
}

// kq prints a command and runs it; with copy its output goes there too.
func (d *demo) kq(ctx context.Context, copy io.Writer, args ...string) func() error {
	return func() error {
		args := append(args, "-b", d.addr)
		if err := d.prompt(args, ""); err != nil {
			return err
		}
		env := *d.env
		if copy != nil {
			env.Out = io.MultiWriter(d.env.Out, copy)
		}
		return execute(ctx, &env, args)
	}
}

func (d *demo) prompt(args []string, end string) error {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = shellQuote(arg)
	}
	_, err := fmt.Fprintf(d.env.Out, "$ kq %s%s\n", strings.Join(words, " "), end)
	return err
}

// serve runs kq serve beside us and returns when it has said that it is ready.
func (d *demo) serve(ctx context.Context) error {
	args := []string{"serve", "--listen", d.addr, "--data", filepath.Join(d.dir, "data")}
	if err := d.prompt(args, " &"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ready := make(chan struct{})
	env := *d.env
	env.Out = &firstLine{w: d.env.Out, seen: ready}
	done := make(chan error, 1)
	go func() { done <- execute(ctx, &env, args) }()
	d.stop = func() error {
		cancel(cli.ErrInterrupted)
		return <-done
	}
	select {
	case <-ready:
		return nil
	case err := <-done:
		d.stop = nil
		cancel(err)
		return err
	}
}

func (d *demo) stopBroker() error {
	if d.stop == nil {
		return nil
	}
	stop := d.stop
	d.stop = nil
	return stop()
}

// firstLine is a writer that tells when a line was written.
type firstLine struct {
	w    io.Writer
	seen chan struct{}
}

func (f *firstLine) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if f.seen != nil && bytes.IndexByte(p, '\n') >= 0 {
		close(f.seen)
		f.seen = nil
	}
	return n, err
}

// freePort is an address of this machine that nothing listens at now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
