package conf

import (
	"errors"
	"os"
	"strconv"

	"kq/internal/properties"
)

// maxProperties bounds a file of client properties, in bytes.
const maxProperties = 1 << 20

// readProperties reads a .properties file, "-" for standard input not being one.
func readProperties(path string) ([]properties.Property, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Err: err}
	}
	defer f.Close()
	all, err := properties.Parse(f, properties.Options{MaxBytes: maxProperties})
	var syntax *properties.SyntaxError
	switch {
	case errors.Is(err, properties.ErrTooLarge):
		return nil, errorf("", "%s: larger than %d bytes, this is no file of client properties", path, maxProperties)
	case errors.As(err, &syntax):
		return nil, errorf("", "%s: %w", path, err)
	case err != nil:
		return nil, &Error{Err: err}
	}
	return all, nil
}

// SetFile sets the properties of a .properties file. Those that only other
// programs use are passed to skipped.
func (v *Values) SetFile(path string, skipped func(name string)) error {
	all, err := readProperties(path)
	if err != nil {
		return err
	}
	for _, e := range all {
		where := path + ":" + strconv.Itoa(e.Line)
		p, ok := Find(e.Key)
		switch {
		case !ok:
			return unknown(where, e.Key)
		case p.Unused != "":
			skipped(e.Key)
			continue
		}
		if err := v.set(where, p, e.Value); err != nil {
			return err
		}
	}
	return nil
}
