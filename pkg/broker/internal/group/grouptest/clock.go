package grouptest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// Clock is the time of a test, and the timers that are set.
type Clock struct {
	Now    machine.Now
	Timers map[machine.TimerKey]time.Duration // when due, as Now.Mono tells the time
}

// NewClock is a clock without timers.
func NewClock() Clock {
	return Clock{Now: machine.Now{UnixMs: 1_700_000_000_000}, Timers: map[machine.TimerKey]time.Duration{}}
}

// Set sets and stops timers, as a step asks for it.
func (c *Clock) Set(timers []machine.Timer) {
	for _, timer := range timers {
		if timer.Stop {
			delete(c.Timers, timer.Key)
		} else {
			c.Timers[timer.Key] = c.Now.Mono + timer.After
		}
	}
}

// Pass lets time go by, and calls fire with what is due, in order of time.
func (c *Clock) Pass(by time.Duration, fire func(machine.TimerKey)) {
	end := c.Now.Mono + by
	for {
		due, at, ok := c.next()
		if !ok || at > end {
			break
		}
		c.move(max(c.Now.Mono, at))
		delete(c.Timers, due)
		fire(due)
	}
	c.move(end)
}

func (c *Clock) move(to time.Duration) {
	c.Now.UnixMs += (to - c.Now.Mono).Milliseconds()
	c.Now.Mono = to
}

// next is the timer that is due first; of several, the first by kind and member.
func (c *Clock) next() (due machine.TimerKey, at time.Duration, ok bool) {
	for _, key := range slices.SortedFunc(maps.Keys(c.Timers), func(a, b machine.TimerKey) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), assign.CompareJava(a.Member, b.Member))
	}) {
		if !ok || c.Timers[key] < at {
			due, at, ok = key, c.Timers[key], true
		}
	}
	return due, at, ok
}

// Restart forgets the timers; from now on another monotonic clock counts.
func (c *Clock) Restart() {
	clear(c.Timers)
	c.Now.Mono += time.Hour
}
