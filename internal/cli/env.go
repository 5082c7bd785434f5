package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Env is all of the outside world a command may touch. Commands take it as a
// parameter, so that a test, or `kq demo`, runs them with its own.
type Env struct {
	In  io.Reader
	Out io.Writer // data, nothing else
	Err io.Writer // talk: what went wrong, what to do next, progress

	Getenv func(string) string

	InTTY, OutTTY, ErrTTY bool
}

// OS is the process's own Env. Writes to a standard output that nobody reads
// any more fail with ErrClosedPipe instead of killing the process.
func OS() *Env {
	catchPipeSignal()
	return &Env{
		In:     os.Stdin,
		Out:    &pipeWriter{w: os.Stdout},
		Err:    os.Stderr,
		Getenv: os.Getenv,
		InTTY:  isTerminal(os.Stdin),
		OutTTY: isTerminal(os.Stdout),
		ErrTTY: isTerminal(os.Stderr),
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// pipeWriter gives the closed pipe of standard output a name of its own: the
// same system error on a connection to a broker is a real failure.
type pipeWriter struct{ w io.Writer }

func (p *pipeWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if err != nil && isClosedPipe(err) {
		err = ErrClosedPipe
	}
	return n, err
}
