package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// keepAwake keeps the processors from halting until the function it returns is
// called, by processes that only run when nothing else wants to (SCHED_IDLE). To
// wake a halted processor of a virtual machine takes as long as a broker takes to
// answer, and it would be measured for all peers alike.
func keepAwake(ctx context.Context) (stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("keep the processors awake: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var running []*exec.Cmd
	stop = func() {
		cancel()
		for _, c := range running {
			_ = c.Wait() // it was killed
		}
	}
	for range runtime.NumCPU() {
		c := exec.CommandContext(ctx, self, "spin")
		if _, err := c.StdinPipe(); err != nil { // it ends when this process does
			stop()
			return nil, fmt.Errorf("keep the processors awake: %w", err)
		}
		if err := c.Start(); err != nil {
			stop()
			return nil, fmt.Errorf("keep the processors awake: %w", err)
		}
		running = append(running, c)
	}
	return stop, nil
}

// spin uses the time that nobody else wants, until its standard input ends.
func spin() error {
	const schedIdle = 5
	var over atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		over.Store(true)
	}()
	runtime.LockOSThread()
	var priority int32
	_, _, errno := syscall.Syscall(syscall.SYS_SCHED_SETSCHEDULER, 0, schedIdle, uintptr(unsafe.Pointer(&priority)))
	if errno != 0 {
		return fmt.Errorf("spin: %w", errno)
	}
	for !over.Load() {
	}
	return nil
}
