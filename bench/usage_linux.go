package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// cpuSeconds is the user and system time a process has used, from the kernel's
// CPU clock of that process (clock_getcpuclockid); 0 when it is gone.
func cpuSeconds(pid int) float64 {
	const scheduled = 2 // CPUCLOCK_SCHED: to the nanosecond
	clock := int32(^pid)<<3 | scheduled
	var t syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0)
	if errno != 0 {
		return 0
	}
	return float64(t.Nano()) / 1e9
}

// settle writes out what earlier turns left to the disk.
func settle() { syscall.Sync() }

// residentMB is what a process has in memory now, in MB of 10^6 bytes; peakMB
// the most it had.
func residentMB(pid int) float64 { return statusMB(pid, "VmRSS:") }

func peakMB(pid int) float64 { return statusMB(pid, "VmHWM:") }

func statusMB(pid int, name string) float64 {
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(p), "\n") {
		if kb, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 64) // the kernel writes a number
			return n * 1024 / 1e6
		}
	}
	return 0
}
