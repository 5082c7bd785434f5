package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kq/internal/nearest"
)

// Profile is a named way to reach a cluster. Values are as in the file, with
// ${NAME} in them.
type Profile struct {
	Name       string
	Bootstrap  string
	DialMap    []string
	Timeout    time.Duration
	Output     string // the default of -o
	Protected  bool   // what destroys asks for the profile's name
	Properties []Setting

	file string
	at   *yaml.Node // its key in the file
}

// Setting is a property in a profile.
type Setting struct {
	Name, Value  string
	Line, Column int
}

// File is the file of profiles, read. One that does not exist is empty.
type File struct {
	Path     string
	Current  string // the profile that is used where none is named; "" for none
	Profiles []Profile

	doc     *yaml.Node
	comment string     // all there is in a file of comments alone
	current *yaml.Node // its value in the file, where it is there
}

// ConfigPath is the file of profiles: KQ_CONFIG, or kq/config.yaml in the place
// that the system has for settings.
func ConfigPath(getenv func(string) string) string {
	if path := getenv(EnvConfig); path != "" {
		return path
	}
	dir := getenv("XDG_CONFIG_HOME")
	switch home := getenv("HOME"); runtime.GOOS {
	case "windows":
		dir = getenv("AppData")
	case "darwin":
		if home != "" {
			dir = filepath.Join(home, "Library", "Application Support")
		}
	default:
		if !filepath.IsAbs(dir) && home != "" {
			dir = filepath.Join(home, ".config")
		}
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "kq", "config.yaml")
}

// maxConfig bounds the file of profiles, in bytes.
const maxConfig = 4 << 20

// ReadFile reads the file of profiles.
func ReadFile(path string) (*File, error) {
	if path == "" {
		return &File{}, nil
	}
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{Path: path}, nil
	}
	if err == nil && (st.IsDir() || st.Size() > maxConfig) {
		return nil, errorf("KQ_CONFIG names another", "%s: not a file of profiles", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("read profiles: %w", err)}
	}
	return ParseFile(path, text)
}

// Names are the names of all profiles, in the order of the file.
func (f *File) Names() []string {
	all := make([]string, len(f.Profiles))
	for i, p := range f.Profiles {
		all[i] = p.Name
	}
	return all
}

// Find returns the profile called name. Asker is who wants it, for the error.
func (f *File) Find(asker, name string) (Profile, error) {
	for _, p := range f.Profiles {
		if p.Name == name {
			return p, nil
		}
	}
	hint := "kq profiles lists those there are"
	switch near := nearest.Name(name, f.Names()); {
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	case len(f.Profiles) == 0:
		hint = "there are none; make one with: kq profile set NAME bootstrap=HOST:PORT"
	}
	return Profile{}, errorf(hint, "%s: no profile %q in %s", asker, name, f.Path)
}

// chosenProfile is the profile that the flag, the environment or the file names,
// none where none does.
func chosenProfile(flag string, getenv func(string) string) (Profile, error) {
	asker, name := "--profile", flag
	if name == "" {
		asker, name = EnvProfile, getenv(EnvProfile)
	}
	if name == "-" {
		return Profile{}, nil
	}
	f, err := ReadFile(ConfigPath(getenv))
	if err != nil {
		return Profile{}, err
	}
	if name == "" {
		if f.Current == "" {
			return Profile{}, nil
		}
		asker, name = f.place(f.current)+": current", f.Current
	}
	p, err := f.Find(asker, name)
	if err != nil {
		return Profile{}, err
	}
	for _, text := range append([]*string{&p.Bootstrap}, pointers(p.DialMap)...) {
		if *text, err = Expand(*text, getenv); err != nil {
			return Profile{}, errorf("", "%s: %w", p.where(), err)
		}
	}
	return p, nil
}

func pointers(list []string) []*string {
	var all []*string
	for i := range list {
		all = append(all, &list[i])
	}
	return all
}

// where names a profile in a message.
func (p Profile) where() string { return "profile " + p.Name }

// apply sets the properties of a profile.
func (p Profile) apply(v *Values, getenv func(string) string) error {
	for _, s := range p.Properties {
		where := fmt.Sprintf("%s:%d:%d", p.file, s.Line, s.Column)
		value, err := Expand(s.Value, getenv)
		if err != nil {
			return errorf("", "%s: %s: %w", where, s.Name, err)
		}
		if err := v.Set(where, s.Name, value); err != nil {
			return err
		}
	}
	return nil
}

// Security tells what the profile's own properties come to, as a value of
// security.protocol; "" where that cannot be told without the environment.
func (p Profile) Security() string {
	var v Values
	for _, s := range p.Properties {
		value := s.Value
		if strings.Contains(value, "${") {
			if prop, ok := Find(s.Name); !ok || prop.Kind == Choice || s.Name == "sasl.jaas.config" {
				return ""
			}
			value = "1"
		}
		if v.Set("", s.Name, value) != nil {
			return ""
		}
	}
	s, err := v.security()
	if err != nil {
		// What is missing may come from the environment: the protocol shows still.
		return v.Text("security.protocol")
	}
	return s.Protocol()
}

// What Expand cannot fill in.
var (
	ErrVariable  = errors.New("the environment has no such variable")
	ErrReference = errors.New("after ${ stands no NAME} or NAME:-DEFAULT}; $${ stands for ${ itself")
)

// Expand fills in ${NAME} and ${NAME:-DEFAULT} from the environment; $${ stands
// for ${.
func Expand(text string, getenv func(string) string) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			b.WriteString(text)
			return b.String(), nil
		}
		if i > 0 && text[i-1] == '$' {
			b.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		b.WriteString(text[:i])
		inner, rest, ok := strings.Cut(text[i+2:], "}")
		name, fallback, hasFallback := strings.Cut(inner, ":-")
		if !ok || !isVariable(name) {
			return "", ErrReference // without the text, which may be part of a password
		}
		value := getenv(name)
		switch {
		case value == "" && !hasFallback:
			return "", fmt.Errorf("${%s}: %w", name, ErrVariable)
		case value == "":
			value = fallback
		}
		b.WriteString(value)
		text = rest
	}
}

func isVariable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// Hidden stands for a secret.
const Hidden = "********"

// Shown is the value of a setting as it may be shown: that of a secret only
// where it names a variable.
func (s Setting) Shown() string {
	p, _ := Find(s.Name)
	name, ok := strings.CutPrefix(s.Value, "${")
	name, closed := strings.CutSuffix(name, "}")
	if !p.Secret || s.Value == "" || ok && closed && isVariable(name) {
		return s.Value
	}
	return Hidden
}

// Sorted returns the profiles by name.
func (f *File) Sorted() []Profile {
	return slices.SortedFunc(slices.Values(f.Profiles), func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
}
