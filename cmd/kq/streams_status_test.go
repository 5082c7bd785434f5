package main

import (
	"testing"
	"time"

	streamsrun "kq/pkg/streams/run"
	"kq/pkg/streams/run/assign"
)

func TestStreamsStatusLine(t *testing.T) {
	now := time.Unix(1000, 0)
	r := newRunRate(func() time.Time { return now })
	s := streamsrun.Status{State: streamsrun.Running, Lag: 1234567, Tasks: []streamsrun.TaskStatus{
		{ID: assign.TaskID{}, Role: streamsrun.Active},
		{ID: assign.TaskID{Sub: 1}, Role: streamsrun.Restoring, Restored: 45, Restore: 100},
		{ID: assign.TaskID{Sub: 1, Partition: 1}, Role: streamsrun.Standby},
	}}
	if got, want := r.line("app", s), "app  running  0 records/s  lag 1,234,567  2 tasks, 1 restoring, 1 standby copy  restored 45%"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	now = now.Add(2 * time.Second)
	s.Records, s.Dropped, s.Failed, s.Tasks = 25_000, 3, 1, append(s.Tasks[:1], s.Tasks[2], s.Tasks[2])
	if got, want := r.line("app", s), "app  running  12,500 records/s  lag 1,234,567  1 task, 2 standby copies  dropped 3  failed 1"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	s.Waiting = now.Add(-23 * time.Second)
	if got, want := r.line("app", s), "app  waiting for others to leave the group: 23s of 45s or what their session is"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
