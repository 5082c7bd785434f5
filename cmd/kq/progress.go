package main

import (
	"fmt"
	"sync"
	"time"
)

// progress is a line on standard error that says how far long work came. It
// shows itself on a terminal only, after a moment, and is gone at the end.
type progress struct {
	a     *app
	total int64 // bytes of input; 0 where nobody knows
	now   func() counts
	line  func() string // in place of the line that counts make
	began time.Time
	done  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	shown bool // guarded by mu; the line is on the screen
}

// counts is how far work came.
type counts struct {
	records, bytes int64 // done
	read           int64 // bytes of the input's total
}

// How often the line is drawn.
const progressEvery = 250 * time.Millisecond

// progress begins to show how far work came, as now says it; stop ends that.
// total is what counts.read comes to at the end, or 0.
func (a *app) progress(total int64, now func() counts) *progress {
	return a.show(&progress{total: total, now: now})
}

// show begins to show a line, as progress does.
func (a *app) show(p *progress) *progress {
	p.a, p.began, p.done = a, time.Now(), make(chan struct{})
	if a.env.ErrTTY && !a.quiet {
		p.ended.Add(1)
		go p.run()
	}
	return p
}

func (p *progress) run() {
	defer p.ended.Done()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
			if p.line != nil {
				p.draw(p.line())
				continue
			}
			p.draw(progressLine(p.now(), p.total, time.Since(p.began)))
		}
	}
}

func (p *progress) draw(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	_, _ = fmt.Fprintf(p.a.env.Err, "\r%s\x1b[K", line) // no terminal, no progress
}

// clear takes the line off the screen, for something else to be said.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		p.shown = false
		_, _ = fmt.Fprint(p.a.env.Err, "\r\x1b[K")
	}
}

// stop ends the line.
func (p *progress) stop() {
	close(p.done)
	p.ended.Wait()
	p.clear()
}

// progressLine is the line after so much time.
func progressLine(c counts, total int64, after time.Duration) string {
	rate := float64(c.bytes) / max(after.Seconds(), 1e-3)
	line := fmt.Sprintf("%s  %s  %s/s", plural(c.records, "record"), megabytes(float64(c.bytes)), megabytes(rate))
	if total <= 0 {
		return line
	}
	part := min(float64(c.read)/float64(total), 1)
	line += fmt.Sprintf("  %d%%", int(100*part))
	if part > 0 && part < 1 {
		left := time.Duration(float64(after) * (1 - part) / part)
		line += fmt.Sprintf("  %s left", left.Round(time.Second))
	}
	return line
}

func megabytes(n float64) string { return fmt.Sprintf("%.1f MB", n/1e6) }
