package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ticks is the unit of /proc's CPU times: USER_HZ is 100 on every Linux platform Go runs on.
const ticks = 100

// cpuSeconds is the user and system time a process has used; 0 when it is gone.
func cpuSeconds(pid int) float64 {
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(p[strings.LastIndexByte(string(p), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)   // fields 14 and 15 of the line;
	system, _ := strconv.ParseFloat(fields[12], 64) // the kernel writes numbers
	return (user + system) / ticks
}

// residentMB is what a process has in memory now, in MB of 10^6 bytes.
func residentMB(pid int) float64 {
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(p), "\n") {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 64)
			return n * 1024 / 1e6
		}
	}
	return 0
}
