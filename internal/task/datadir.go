package main

import (
	"context"
	"errors"
)

// datadir keeps a data directory of this commit, or of the kq binary named, for
// all later commits to open: testdata/datadirs/NAME of internal/interop.
func datadir(ctx context.Context, e env) error {
	if len(e.args) < 1 || len(e.args) > 2 {
		return errors.New("usage: datadir NAME [KQ]")
	}
	var kq string
	if len(e.args) == 2 {
		kq = e.args[1]
	} else {
		built, cleanup, err := e.buildKQ(ctx)
		if err != nil {
			return err
		}
		defer cleanup()
		kq = built
	}
	return e.sh(ctx, "go", "test", "-count=1", "-run=^TestDataDirs$", "./internal/interop", "-datadir="+e.args[0], "-datadir-kq="+kq)
}
