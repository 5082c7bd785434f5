package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"kq/internal/cli"
)

// runChild runs a command with more variables, passes signals on to it and
// returns its exit code as an error. When the broker is gone, which closes gone,
// the command is killed.
func runChild(ctx context.Context, env *cli.Env, command, vars []string, gone <-chan struct{}) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = env.In, env.Out, env.Err
	cmd.Env = append(os.Environ(), vars...)

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passedSignals()...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return cli.WithHint(fmt.Errorf("run %s: %w", command[0], err), "what follows -- is a program and its arguments")
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	stopped := ctx.Done()
	for {
		select {
		case err := <-done:
			return childError(err)
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may have ended just now
		case <-stopped:
			// A signal is passed on above. Anything else that ends the context
			// ends the command.
			if stopped = nil; !errors.Is(context.Cause(ctx), cli.ErrInterrupted) {
				_ = cmd.Process.Kill() // it may have ended just now
			}
		case <-gone:
			gone = nil
			_ = cmd.Process.Kill() // it may have ended just now
		}
	}
}

// childError gives the exit code of a command to this process. Only the command
// knows what went wrong.
func childError(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	return cli.WithCode(cli.ErrReported, exitCode(exit.ProcessState))
}
