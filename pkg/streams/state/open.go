package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Open opens the DB of a task in a directory, which is made where it is not
// there. It fails with ErrInUse, ErrOwner, ErrCorrupt (then Destroy the
// directory, open it again and restore) or ErrFull.
func Open(dir string, o Options) (*DB, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	db := newDB(o)
	f, err := openFiles(dir, &db.o)
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", dir, err)
	}
	db.files = f
	if err := db.load(); err != nil {
		return nil, fmt.Errorf("open state %s: %w", dir, errors.Join(err, f.close()))
	}
	return db, nil
}

// rowKey is the key of a row of table 0.
func rowKey(row byte, store string) []byte {
	return append([]byte{0, 0, 0, 0, row}, store...)
}

// load reads the rows of table 0.
func (db *DB) load() (err error) {
	it, err := db.files.db.NewIter(&pebble.IterOptions{UpperBound: []byte{0, 0, 0, 1}})
	if err != nil {
		return classify(err)
	}
	defer func() { err = classify(errors.Join(err, it.Close())) }()
	seen, owner := false, ""
	for ok := it.First(); ok; ok = it.Next() {
		k := it.Key()
		v, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if len(k) <= tableLen {
			return fmt.Errorf("%w: row %x", ErrCorrupt, k)
		}
		row, store := k[tableLen], string(k[tableLen+1:])
		switch row {
		case rowFormat:
			seen = len(v) == 1 && v[0] == format
		case rowOwner:
			owner = string(v)
		case rowInputs:
			err = decodeInputs(v, &db.at)
		case rowPosition:
			var p Position
			err = p.decode(v)
			db.at.Changelogs[store] = p
		case rowTable:
			var t tableRow
			err = t.decode(v)
			db.nextID = max(db.nextID, t.id+1)
		case rowProgress: // read when the store is added
		default:
			err = errRow
		}
		if err != nil {
			return fmt.Errorf("%w: row %q: %w", ErrCorrupt, k[tableLen:], err)
		}
	}
	if err := it.Error(); err != nil {
		return err
	}
	return db.claim(seen, owner)
}

// claim writes the format and the owner into a new DB and checks those of an old one.
func (db *DB) claim(seen bool, owner string) error {
	fresh := db.nextID == 1 && len(db.at.Changelogs) == 0 && owner == ""
	if !seen && !fresh {
		return fmt.Errorf("%w: its format is not known", ErrCorrupt)
	}
	if owner != "" && db.o.Owner != "" && owner != db.o.Owner {
		return fmt.Errorf("%w: of %s, not of %s", ErrOwner, owner, db.o.Owner)
	}
	b := db.files.db.NewBatch()
	err := b.Set(rowKey(rowFormat, ""), []byte{format}, nil)
	if db.o.Owner != "" {
		err = errors.Join(err, b.Set(rowKey(rowOwner, ""), []byte(db.o.Owner), nil))
	}
	return errors.Join(err, db.files.write(b))
}

// table finds the entries of a store, or makes place for them, and reads its progress.
func (db *DB) table(s *Spec, p *progress) (*persistent, error) {
	row := func(kind byte) ([]byte, error) {
		v, closer, err := db.files.db.Get(rowKey(kind, s.Name))
		if errors.Is(err, pebble.ErrNotFound) {
			return nil, nil
		} else if err != nil {
			return nil, classify(err)
		}
		return slices.Clone(v), closer.Close()
	}
	var have tableRow
	want := layout(s)
	v, err := row(rowTable)
	if err == nil && v != nil {
		err = have.decode(v)
	}
	if err != nil {
		return nil, err
	}
	want.id = have.id
	if v != nil && have == want {
		v, err := row(rowProgress)
		if err == nil && v != nil {
			err = p.decode(v)
		}
		return newPersistent(db.files.db, have.id), err
	}
	want.id = db.nextID
	db.nextID++
	delete(db.at.Changelogs, s.Name)
	b := db.files.db.NewBatch()
	if v != nil {
		err = b.DeleteRange(binary.BigEndian.AppendUint32(nil, have.id), binary.BigEndian.AppendUint32(nil, have.id+1), nil)
	}
	err = errors.Join(err, b.Set(rowKey(rowTable, s.Name), want.append(nil), nil),
		b.Delete(rowKey(rowPosition, s.Name), nil), b.Delete(rowKey(rowProgress, s.Name), nil))
	return newPersistent(db.files.db, want.id), errors.Join(err, db.files.write(b))
}
