package format

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrEscape is a backslash that begins no escape.
var ErrEscape = errors.New("unknown escape")

// Unescape reads the escapes \n \r \t \0 \\ and \xNN in a delimiter or template.
func Unescape(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		if s[0] != '\\' {
			out = append(out, s[0])
			s = s[1:]
			continue
		}
		c, n, err := escape(s)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
		s = s[n:]
	}
	return out, nil
}

// escape reads the escape that s begins with and returns its length.
func escape(s string) (c byte, n int, err error) {
	if len(s) < 2 {
		return 0, 0, fmt.Errorf(`%w: a single \ at the end`, ErrEscape)
	}
	switch s[1] {
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case '0':
		return 0, 2, nil
	case '\\':
		return '\\', 2, nil
	case 'x':
		if len(s) >= 4 {
			if v, err := strconv.ParseUint(s[2:4], 16, 8); err == nil {
				return byte(v), 4, nil
			}
		}
		return 0, 0, fmt.Errorf(`%w %.4q: \x takes two hexadecimal digits`, ErrEscape, s)
	}
	return 0, 0, fmt.Errorf(`%w %.2q: there are \n \r \t \0 \\ and \xNN`, ErrEscape, s)
}
