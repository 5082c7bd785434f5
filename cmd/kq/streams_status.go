package main

import (
	"fmt"
	"strconv"
	"time"

	streamsrun "kq/pkg/streams/run"
)

// taskText is the tasks of an instance, as "4 tasks, 1 restoring, 2 standbys".
func taskText(roles map[streamsrun.Role]int) string {
	text := plural(int64(roles[streamsrun.Active]+roles[streamsrun.Restoring]), "task")
	if n := roles[streamsrun.Restoring]; n > 0 {
		text += fmt.Sprintf(", %d restoring", n)
	}
	if n := roles[streamsrun.Standby]; n > 0 {
		text += ", " + plural(int64(n), "standby copy")
		if n > 1 {
			text = text[:len(text)-len("copys")] + "copies"
		}
	}
	return text
}

// streamsSession is session.timeout.ms of a Kafka Streams application that sets
// none: no request tells what the members of a group have.
const streamsSession = 45 * time.Second

// runRate counts records a second between two lines.
type runRate struct {
	now     func() time.Time
	at      time.Time
	records int64
	rate    float64
}

func newRunRate(now func() time.Time) *runRate { return &runRate{now: now, at: now()} }

// line is the status line of a job.
func (r *runRate) line(app string, s streamsrun.Status) string {
	if !s.Waiting.IsZero() {
		return fmt.Sprintf("%s  waiting for others to leave the group: %s of %s or what their session is", app, r.now().Sub(s.Waiting).Round(time.Second), streamsSession)
	}
	now := r.now()
	if since := now.Sub(r.at); since >= time.Second {
		r.rate = float64(s.Records-r.records) / since.Seconds()
		r.at, r.records = now, s.Records
	}
	roles := map[streamsrun.Role]int{}
	restored, restore := int64(0), int64(0)
	for _, t := range s.Tasks {
		roles[t.Role]++
		if t.Role == streamsrun.Restoring {
			restored, restore = restored+t.Restored, restore+t.Restore
		}
	}
	line := fmt.Sprintf("%s  %s  %s records/s  lag %s  %s", app, s.State, thousands(int64(r.rate)), thousands(s.Lag), taskText(roles))
	if restore > 0 {
		line += fmt.Sprintf("  restored %d%%", 100*min(restored, restore)/restore)
	}
	if s.Dropped > 0 {
		line += "  dropped " + thousands(s.Dropped)
	}
	if s.Failed > 0 {
		line += "  failed " + thousands(s.Failed)
	}
	return line
}

// thousands is a number with a comma before each three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
