package main

import (
	"strings"
	"testing"
	"time"
)

func TestRender(t *testing.T) {
	run := func(mbs, cpu float64, ready time.Duration) result {
		return result{ready: ready, produceMBs: mbs, produceCPU: cpu}
	}
	got := render(config{runs: 3, peers: []string{"kq", "kfake"}}, map[string][]result{
		"kq":    {run(300, 1, 5*time.Millisecond), run(100, 2, 7*time.Millisecond), run(200, 3, 6*time.Millisecond)},
		"kfake": {run(50, 4, 60*time.Millisecond), run(100, 4, 60*time.Millisecond)},
	})
	for _, want := range []string{
		"| start to ready, empty directory, ms | 6.0 (5.0 to 7.0) | 60.0 (60.0 to 60.0) | 10.0× |",
		"| produce, MB/s | 200 (100 to 300) | 75 (50 to 100) | 2.7× |",
		"| produce, server CPU s/GB | 2.00 (1.00 to 3.00) | 4.00 (4.00 to 4.00) | 2.0× |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
}
