package main

import "os"

// passedSignals are the signals that a command under kq serve gets too. The
// console gives it the interrupt by itself.
func passedSignals() []os.Signal { return []os.Signal{os.Interrupt} }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }
