package main

import (
	"runtime"
	"sync"

	"kq/internal/cli"
	"kq/pkg/broker"
)

// processors has Go use one more for each thread that does nothing but compute: the
// system divides the real ones, and does it better than Go, whose scheduler would
// leave those who serve clients one less.
type processors struct {
	mu   sync.Mutex
	busy int // guarded by mu
}

// extra is told when such a thread begins and ends.
func (p *processors) extra(begins bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if begins {
		p.busy++
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
		return
	}
	if p.busy--; p.busy > 0 {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) - 1)
		return
	}
	runtime.SetDefaultGOMAXPROCS() // which also follows a container's limit again
}

// tuneProcessors gives the cleaner's threads processors of Go's own, unless the
// user has said how many there are (GOMAXPROCS).
func tuneProcessors(env *cli.Env, o *broker.Options) {
	if env.Getenv("GOMAXPROCS") == "" {
		o.Cleaning = new(processors).extra
	}
}
