//go:build !linux

package main

import "context"

// cpuSeconds and residentMB are asked of Linux: elsewhere the table shows zeros.
func cpuSeconds(int) float64 { return 0 }

func residentMB(int) float64 { return 0 }

func peakMB(int) float64 { return 0 }

func settle() {}

func keepAwake(context.Context) (stop func(), err error) { return func() {}, nil }

func spin() error { return nil }
