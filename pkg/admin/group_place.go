package admin

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// GroupPlaceKind is how a GroupPlace names an offset.
type GroupPlaceKind int8

// The kinds of places. The zero value is the start.
const (
	PlaceStart   GroupPlaceKind = iota // the first record there is
	PlaceEnd                           // past the last one
	PlaceCurrent                       // the committed offset
	PlaceOffset                        // an offset, GroupPlace.N
	PlaceShift                         // GroupPlace.N after the committed offset, before it when negative
	PlaceTime                          // the first record at or after GroupPlace.Time, the end where there is none
)

// GroupPlace is where a group is set to in each of several partitions.
type GroupPlace struct {
	Kind GroupPlaceKind
	N    int64
	Time time.Time
}

// GroupPlaceForms says what ParseGroupPlace takes, for messages.
const GroupPlaceForms = "start, end, current, an offset, +N or -N (from the committed offset) or @TIME"

// ParseGroupPlace reads start, end, current, N, +N, -N or @TIME, where TIME may
// be relative to now, as @-1h. The error is ErrOptions.
func ParseGroupPlace(s string, now time.Time) (GroupPlace, error) {
	switch {
	case s == "current":
		return GroupPlace{Kind: PlaceCurrent}, nil
	case s == "start", s == "end", strings.HasPrefix(s, "@"):
		p, err := ParsePosition(s, now)
		kinds := map[PositionKind]GroupPlaceKind{AtStart: PlaceStart, AtEnd: PlaceEnd, AtTime: PlaceTime}
		return GroupPlace{Kind: kinds[p.Kind], Time: p.Time}, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return GroupPlace{}, fmt.Errorf("%w: %q is no place: it is %s", ErrOptions, s, GroupPlaceForms)
	}
	if s[0] == '+' || s[0] == '-' {
		return GroupPlace{Kind: PlaceShift, N: n}, nil
	}
	return GroupPlace{Kind: PlaceOffset, N: n}, nil
}

// String is the inverse of ParseGroupPlace, to the millisecond.
func (p GroupPlace) String() string {
	switch p.Kind {
	case PlaceStart:
		return "start"
	case PlaceEnd:
		return "end"
	case PlaceCurrent:
		return "current"
	case PlaceShift:
		return fmt.Sprintf("%+d", p.N)
	case PlaceTime:
		return "@" + strconv.FormatInt(p.Time.UnixMilli(), 10)
	}
	return strconv.FormatInt(p.N, 10)
}

// byTime tells that the cluster has to be asked for it.
func (p GroupPlace) byTime() bool { return p.Kind == PlaceTime }
