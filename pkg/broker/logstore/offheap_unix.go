//go:build unix

package logstore

import (
	"fmt"
	"syscall"
)

// offHeap gives zeroed memory that the garbage collector does not count, and
// that free returns to the system at once: a large piece that comes and goes
// would make the heap grow to twice its size.
func offHeap(n int) (mem []byte, free func(), err error) {
	mem, err = syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("allocate %d bytes: %w", n, err)
	}
	return mem, func() { _ = syscall.Munmap(mem) }, nil
}
