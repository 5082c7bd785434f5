package api

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

func TestCodeOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int16
	}{
		{nil, 0},
		{errors.New("anything"), -1},
		{io.EOF, -1},
		{kerr.InvalidConfig, 40},
		{fmt.Errorf("append: %w", batch.ErrTooLarge), 10},
		{fmt.Errorf("%w: write: %w", logstore.ErrStorage, syscall.ENOSPC), 56},
		{fmt.Errorf("%w: t-0: %w", logstore.ErrOffline, logstore.ErrCorrupt), 56},
		{logstore.ErrCorrupt, 2},
		{&batch.ValidationError{Err: batch.ErrInvalidRecord}, 87},
		{topic.ErrNotLeader, 6},
		{topic.ErrUnknownPartition, 3},
	} {
		if got := codeOf(c.err); got != c.want {
			t.Errorf("code of %v = %d, want %d", c.err, got, c.want)
		}
	}
	for _, e := range errorCodes {
		if got := codeOf(e.err); got != e.kerr.Code {
			t.Errorf("code of %v = %d, want %d", e.err, got, e.kerr.Code)
		}
	}
}
