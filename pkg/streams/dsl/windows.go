package dsl

import (
	"fmt"
	"time"

	"kq/pkg/streams/codec"
)

// Windows cut time into windows that do not depend on the records: tumbling
// and hopping ones (Kafka's TimeWindows), and days of a calendar. A window
// holds its start but not its end.
type Windows struct {
	// Size and Advance are those of tumbling (equal) and hopping windows, in whole milliseconds.
	Size, Advance time.Duration
	// Days, where not 0, makes windows of so many calendar days in Zone,
	// counted from 1970-01-01; a day of a change of clocks has 23 or 25 hours.
	Days int
	Zone *time.Location // nil: UTC
	// Grace is how long after its end a window still takes records, by stream time.
	Grace time.Duration
}

// Tumbling are windows that touch and do not overlap.
func Tumbling(size, grace time.Duration) Windows {
	return Windows{Size: size, Advance: size, Grace: grace}
}

// Hopping are windows of a size, one beginning every so often.
func Hopping(size, every, grace time.Duration) Windows {
	return Windows{Size: size, Advance: every, Grace: grace}
}

// Days are windows of n calendar days in a zone.
func Days(n int, zone *time.Location, grace time.Duration) Windows {
	return Windows{Days: n, Zone: zone, Grace: grace}
}

// Validate tells what is wrong with the windows.
func (w Windows) Validate() error {
	switch {
	case w.Grace < 0:
		return fmt.Errorf("%w: window: grace %v is negative", ErrUsage, w.Grace)
	case w.Days < 0:
		return fmt.Errorf("%w: window: %d days", ErrUsage, w.Days)
	case w.Days > 0:
		return nil
	case w.Size < time.Millisecond:
		return fmt.Errorf("%w: window: size %v is less than a millisecond", ErrUsage, w.Size)
	case w.Advance < time.Millisecond || w.Advance > w.Size:
		return fmt.Errorf("%w: window: every %v is not between a millisecond and the size %v", ErrUsage, w.Advance, w.Size)
	}
	return nil
}

// calendar is the codec's view of windows of days.
func (w Windows) calendar() codec.Calendar { return codec.Calendar{Days: w.Days, Zone: w.Zone} }

// key is the codec of the windowed keys.
func (w Windows) key(inner codec.Codec) codec.Codec {
	if w.Days > 0 {
		return codec.CalendarWindowed{Inner: inner, Calendar: w.calendar()}
	}
	return codec.TimeWindowed{Inner: inner, Size: w.Size.Milliseconds()}
}

// longest is the size of the longest window.
func (w Windows) longest() time.Duration {
	if w.Days > 0 {
		return time.Duration(w.Days)*24*time.Hour + 24*time.Hour
	}
	return w.Size
}

// end is the end of the window that begins at start, both in milliseconds since 1970.
func (w Windows) end(start int64) int64 {
	if w.Days > 0 {
		return w.calendar().End(start)
	}
	return start + w.Size.Milliseconds()
}

// each calls f for the tumbling or hopping windows that hold ts, the earliest first.
func (w Windows) each(ts int64, f func(start, end int64) error) error {
	size, advance := w.Size.Milliseconds(), w.Advance.Milliseconds()
	for start := max(0, ts-size+advance) / advance * advance; start <= ts; start += advance {
		if err := f(start, start+size); err != nil {
			return err
		}
	}
	return nil
}

// SlidingWindows are all intervals of a length that hold different records, ends included.
type SlidingWindows struct {
	// Difference is the largest time between two records of a window, in whole milliseconds.
	Difference time.Duration
	Grace      time.Duration
}

// Validate tells what is wrong with the windows.
func (w SlidingWindows) Validate() error {
	if w.Difference < 0 || w.Grace < 0 {
		return fmt.Errorf("%w: sliding window: %v with grace %v", ErrUsage, w.Difference, w.Grace)
	}
	return nil
}

// SessionWindows hold the records of a key that follow each other within a gap, ends included.
type SessionWindows struct {
	// Gap is the longest time between two records of a session, in whole milliseconds.
	Gap   time.Duration
	Grace time.Duration
}

// Validate tells what is wrong with the windows.
func (w SessionWindows) Validate() error {
	if w.Gap <= 0 || w.Grace < 0 {
		return fmt.Errorf("%w: session: gap %v with grace %v", ErrUsage, w.Gap, w.Grace)
	}
	return nil
}
