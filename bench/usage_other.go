//go:build !linux

package main

// cpuSeconds and residentMB are asked of Linux: elsewhere the table shows zeros.
func cpuSeconds(int) float64 { return 0 }

func residentMB(int) float64 { return 0 }

func settle() {}
