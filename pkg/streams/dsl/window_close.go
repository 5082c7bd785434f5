package dsl

import (
	"math"
	"time"

	"kq/pkg/streams/topology"
)

// closing forwards windows once they are closed: when the operator's time, less
// the lag, has passed their end. How far it has got is kept with the committed
// positions under the store's name, as Kafka's emit strategy does; a window is
// forwarded once and never lost.
type closing struct {
	of   *windowBase
	lag  int64                       // grace, and the gap of sessions, in milliseconds
	emit func(last, now int64) error // forwards what closed after last and by now
	last int64                       // the close time that was got to, minimal for never
	wall int64                       // up to which the operator's time went on
	seen int64                       // wall clock of the last record

	resumed bool
}

func (c *closing) start(of *windowBase, lag time.Duration, emit func(last, now int64) error) {
	c.of, c.lag, c.emit, c.last = of, lag.Milliseconds(), emit, math.MinInt64
	if !of.emit.OnClose {
		return
	}
	if idle := of.emit.Idle; idle > 0 {
		c.touch()
		of.ctx.Schedule(min(idle, time.Second), topology.WallClock, c.tick)
	}
}

// resume goes on from where the committed positions say, once they are known.
func (c *closing) resume() {
	if c.resumed || !c.of.emit.OnClose {
		return
	}
	c.resumed = true
	if last, ok := c.of.ctx.Progress(c.of.spec.Name); ok {
		c.last = last
		c.of.time = max(c.of.time, last+c.lag)
	}
}

// see moves the operator's time to that of a record, and forwards what closes by it.
func (c *closing) see(ts int64) error {
	c.resume()
	if ts > c.of.time {
		c.of.time = ts
		if err := c.advance(); err != nil {
			return err
		}
	}
	c.touch()
	return nil
}

// touch notes that a record came.
func (c *closing) touch() {
	c.seen = c.of.ctx.Times().Wall
	c.wall = c.seen
}

// advance forwards what the operator's time has closed. It comes before the
// record that moved the time is put, because a store forgets windows at about
// the time at which they close.
func (c *closing) advance() error {
	now := c.of.time - c.lag
	if !c.of.emit.OnClose || now <= c.last || now < 0 {
		return nil
	}
	if err := c.emit(max(c.last, -1), now); err != nil {
		return err
	}
	c.last = now
	c.of.ctx.SetProgress(c.of.spec.Name, now)
	return nil
}

// tick lets the operator's time go on with the wall clock where no record came for long enough.
func (c *closing) tick(now int64) error {
	c.resume()
	if now-c.seen < c.of.emit.Idle.Milliseconds() || c.of.time < 0 {
		return nil
	}
	c.of.time += now - c.wall
	c.wall = now
	return c.advance()
}
