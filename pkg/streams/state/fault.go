package state

import "github.com/cockroachdb/pebble/v2/vfs"

// faulty asks before files are made and written: what it is told is what the disk says.
type faulty struct {
	vfs.FS
	ask func() error
}

// Unwrap is the file system below.
func (f *faulty) Unwrap() vfs.FS { return f.FS }

// Create makes a file.
func (f *faulty) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.ask(); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name, category)
	return f.file(file), err
}

// OpenReadWrite opens a file.
func (f *faulty) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, category, opts...)
	return f.file(file), err
}

// ReuseForWrite writes a file anew under another name.
func (f *faulty) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(oldname, newname, category)
	return f.file(file), err
}

func (f *faulty) file(file vfs.File) vfs.File {
	if file == nil {
		return nil
	}
	return &faultyFile{file, f.ask}
}

type faultyFile struct {
	vfs.File
	ask func() error
}

// Write appends.
func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.ask(); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

// WriteAt writes in place.
func (f *faultyFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.ask(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, at)
}
