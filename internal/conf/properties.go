package conf

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf16"
)

// ErrProperties is a .properties file that cannot be read as one.
var ErrProperties = errors.New("malformed properties")

// maxProperties bounds a .properties file, in bytes.
const maxProperties = 1 << 20

// Entry is one property of a file.
type Entry struct {
	Name, Value string
	Line        int // from 1
}

// ParseProperties reads the text of a file of java.util.Properties: NAME=VALUE,
// : or blanks for the =, comments with # and !, lines continued by a backslash,
// the escapes \t \n \r \f \uXXXX. Entries come in their order, also where a
// later one replaces an earlier one.
func ParseProperties(text string) ([]Entry, error) {
	var all []Entry
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff")), "\n")
	for i := 0; i < len(lines); i++ {
		first := i + 1
		line := strings.TrimLeft(lines[i], " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for continued(line) {
			line = line[:len(line)-1]
			if i++; i == len(lines) {
				break
			}
			line += strings.TrimLeft(lines[i], " \t\f")
		}
		name, value := splitProperty(line)
		e := Entry{Line: first}
		var ok bool
		if e.Name, ok = unescape(name); ok {
			e.Value, ok = unescape(value)
		}
		if !ok {
			return nil, fmt.Errorf("line %d: \\u needs four hexadecimal digits: %w", first, ErrProperties)
		}
		all = append(all, e)
	}
	return all, nil
}

// continued tells whether a line ends with a backslash that is not escaped.
func continued(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// splitProperty splits at the first =, : or blank that is not escaped.
func splitProperty(line string) (name, value string) {
	end := 0
	for end < len(line) && strings.IndexByte("=: \t\f", line[end]) < 0 {
		if line[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(line))
	name, value = line[:end], strings.TrimLeft(line[end:], " \t\f")
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], " \t\f")
	}
	return name, value
}

func unescape(s string) (string, bool) {
	if !strings.Contains(s, `\`) {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			break
		}
		switch c := s[i]; c {
		case 't', 'n', 'r', 'f':
			b.WriteByte("\t\n\r\f"[strings.IndexByte("tnrf", c)])
		case 'u':
			r, ok := hex4(s[i+1:])
			if !ok {
				return "", false
			}
			i += 4
			if low, ok := hex4(strings.TrimPrefix(s[i+1:], `\u`)); ok && strings.HasPrefix(s[i+1:], `\u`) && utf16.IsSurrogate(r) {
				if pair := utf16.DecodeRune(r, low); pair != '\ufffd' {
					r, i = pair, i+6
				}
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:4], 16, 32)
	return rune(n), err == nil && s[0] != '+' && s[0] != '-'
}

// readProperties reads a .properties file, "-" for standard input not being one.
func readProperties(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Err: err}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxProperties+1))
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("read properties: %w", err)}
	}
	if len(text) > maxProperties {
		return nil, errorf("", "%s: larger than %d bytes, this is no file of client properties", path, maxProperties)
	}
	all, err := ParseProperties(string(text))
	if err != nil {
		return nil, errorf("", "%s: %w", path, err)
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
		p, ok := Find(e.Name)
		switch {
		case !ok:
			return unknown(where, e.Name)
		case p.Unused != "":
			skipped(e.Name)
			continue
		}
		if err := v.set(where, p, e.Value); err != nil {
			return err
		}
	}
	return nil
}
