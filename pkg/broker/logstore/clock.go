package logstore

import "time"

// clock is the time that retention and expiry go by: what the wall clock said
// when the store was opened, and what has passed since. A wall clock that is set
// while the process runs moves nothing here, so that nothing looks older or
// younger than it is.
type clock struct {
	now     func() time.Time
	elapsed func() time.Duration
	start   time.Time
	began   time.Duration
}

func startClock(o Options) clock {
	c := clock{now: o.Now, elapsed: o.Elapsed, start: o.Now()}
	if c.elapsed == nil {
		start := c.start // its monotonic reading counts, if it has one
		c.elapsed = func() time.Duration { return o.Now().Sub(start) }
	}
	c.began = c.elapsed()
	return c
}

// ms is the time in ms since 1970.
func (c *clock) ms() int64 { return c.start.Add(c.elapsed() - c.began).UnixMilli() }

// ahead is how far the wall clock is ahead of this one, in ms: by how much it was
// set. Below a second that is nothing.
func (c *clock) ahead() int64 {
	d := c.now().UnixMilli() - c.ms()
	if -1000 < d && d < 1000 {
		return 0
	}
	return d
}

// age notes what is appended to a segment, whose records went up to before. It
// needs the log's mu.
func (s *segment) age(before, maxTS, ahead int64) {
	aged := s.aged.Load() - 1
	if aged < 0 {
		aged = before
	}
	if maxTS >= 0 {
		aged = max(aged, maxTS-ahead, 0)
	}
	s.aged.Store(aged + 1)
}
