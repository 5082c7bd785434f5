package logstore

import (
	"errors"
	"os"

	"kq/pkg/broker/vfs"
)

// cleanSync is how many bytes of a segment are written before they are synced:
// what is left for its end does not hold up others that sync.
const cleanSync = 64 << 20

// cleanedSegment is a segment that is being written to take the place of others.
// Its files are called .cleaned.
type cleanedSegment struct {
	place *place
	base  int64
	f     vfs.File
	buf   []byte
	room  int   // bytes of buf that are written at once
	size  int64 // of the file, without buf
	dirty int64 // bytes written since the last sync
	ix    indexer
	await func(n int) error // after n bytes were written
	names []string          // files that are there
}

func newCleanedSegment(p *place, base int64, interval, room int, await func(int) error) (*cleanedSegment, error) {
	s := &cleanedSegment{place: p, base: base, room: room, ix: newIndexer(base, interval), await: await}
	var err error
	s.f, err = p.fs.OpenFile(s.name(logSuffix), os.O_RDWR|os.O_CREATE|os.O_TRUNC, filePerm)
	return s, err
}

// name is the path of a file of the segment while it is being written.
func (s *cleanedSegment) name(suffix string) string {
	path := s.place.path(s.base, suffix+cleanedSuffix)
	for _, n := range s.names {
		if n == suffix {
			return path
		}
	}
	s.names = append(s.names, suffix)
	return path
}

// add indexes the batch that was appended to buf from byte at on.
func (s *cleanedSegment) add(at int) error {
	h, _, err := parseHead(s.buf[at:])
	if err != nil {
		return err
	}
	h.pos = s.size + int64(at)
	s.ix.add(h)
	if len(s.buf) < s.room {
		return nil
	}
	return s.flush()
}

func (s *cleanedSegment) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	if _, err := s.f.WriteAt(s.buf, s.size); err != nil {
		return err
	}
	n := len(s.buf)
	s.size += int64(n)
	s.buf = s.buf[:0]
	if s.dirty += int64(n); s.dirty >= cleanSync {
		s.dirty = 0
		if err := s.f.Sync(); err != nil {
			return err
		}
	}
	return s.await(n)
}

// finish makes the files durable, under their names for now.
func (s *cleanedSegment) finish(txns []AbortedTxn) error {
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return err
	}
	s.ix.seal()
	content := map[string][]byte{indexSuffix: s.ix.offsets, timeIndexSuffix: s.ix.times}
	if len(txns) > 0 {
		var p []byte
		for _, t := range txns {
			p = t.encode(p)
		}
		content[txnIndexSuffix] = p
	}
	for _, suffix := range []string{indexSuffix, timeIndexSuffix, txnIndexSuffix} {
		p, ok := content[suffix]
		if !ok {
			continue
		}
		name := s.name(suffix)
		if err := writeWhole(s.place.fs, name, p); err != nil {
			return err
		}
		if err := syncFile(s.place.fs, name); err != nil {
			return err
		}
	}
	return s.place.fs.SyncDir(s.place.dir)
}

// discard removes the files of a segment that will not be used. What a crash
// brings back of them the next start removes.
func (s *cleanedSegment) discard() error {
	err := s.f.Close()
	for _, suffix := range s.names {
		err = errors.Join(err, ignoreMissing(s.place.fs.Remove(s.place.path(s.base, suffix+cleanedSuffix))))
	}
	return err
}
