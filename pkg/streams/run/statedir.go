package run

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Errors of a state directory.
var (
	// ErrStateInUse says that another process runs on the directory.
	ErrStateInUse = errors.New("state directory is in use")
	// ErrStateOfAnother says that the directory holds another application's state.
	ErrStateOfAnother = errors.New("state directory is of another application")
)

// identityFile is in the application's directory and names it and the process.
const identityFile = "kq-streams.json"

// identity is the content of identityFile.
type identity struct {
	App     string `json:"app"`
	Process string `json:"process"`
}

// stateDir is <dir>/<app>, locked.
type stateDir struct {
	path    string // "" for none
	process string
	lock    *os.File
}

// openStateDir locks an application's directory and finds the process's id,
// which stays the same over restarts. An empty dir keeps nothing.
func openStateDir(dir, app string) (*stateDir, error) {
	if dir == "" {
		return &stateDir{process: newID()}, nil
	}
	d := &stateDir{path: filepath.Join(dir, app)}
	if err := os.MkdirAll(d.path, 0o755); err != nil {
		return nil, fmt.Errorf("make state directory %s: %w", d.path, err)
	}
	var err error
	if d.lock, err = lockFile(filepath.Join(d.path, ".lock")); err != nil {
		return nil, fmt.Errorf("lock state directory %s: %w", d.path, err)
	}
	if err := d.identify(app); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *stateDir) identify(app string) error {
	file := filepath.Join(d.path, identityFile)
	b, err := os.ReadFile(file)
	var id identity
	switch {
	case err == nil && json.Unmarshal(b, &id) == nil && id.Process != "":
		if id.App != app {
			return fmt.Errorf("open %s: %w: %s", d.path, ErrStateOfAnother, id.App)
		}
		d.process = id.Process
		return nil
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("read process id: %w", err)
	}
	id = identity{App: app, Process: newID()}
	if b, err = json.Marshal(id); err != nil {
		return fmt.Errorf("write process id: %w", err)
	}
	if err := os.WriteFile(file+".tmp", append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write process id: %w", err)
	}
	if err := os.Rename(file+".tmp", file); err != nil {
		return fmt.Errorf("write process id: %w", err)
	}
	d.process = id.Process
	return nil
}

// newID is a random UUID (version 4).
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// task is the directory of a task, "" where nothing is kept.
func (d *stateDir) task(name string) string {
	if d.path == "" {
		return ""
	}
	return filepath.Join(d.path, name)
}

func (d *stateDir) close() {
	if d.lock != nil {
		_ = d.lock.Close() // and unlocks
	}
}
