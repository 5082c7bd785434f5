package conf

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kq/internal/nearest"
)

// Value is what a property was set to.
type Value struct {
	Raw   string // as given, or the choice in its own spelling
	Where string // who set it: "-X", "KQ_ACKS", "client.properties:3", "profile dev"

	from   source
	number int64 // of the kinds with numbers; milliseconds; 0 or 1 of a bool
}

// source is the kind of place a value comes from.
type source uint8

const (
	fromProfile source = iota
	fromEnv
	fromFlag
)

// Values are properties that are set, by their name in the table.
type Values struct {
	m    map[string]Value
	from source // of what is set next
}

// Has tells whether a property is set.
func (v Values) Has(name string) bool { _, ok := v.m[name]; return ok }

// Text is the value of a property, "" where it is not set.
func (v Values) Text(name string) string { return v.m[name].Raw }

// Where tells who set a property.
func (v Values) Where(name string) string { return v.m[name].Where }

// Number is the value of a property of kind Int or Bytes.
func (v Values) Number(name string) (int64, bool) {
	x, ok := v.m[name]
	return x.number, ok
}

// Duration is the value of a property of kind Millis.
func (v Values) Duration(name string) (time.Duration, bool) {
	x, ok := v.m[name]
	return time.Duration(x.number) * time.Millisecond, ok
}

// Bool is the value of a property of kind Bool.
func (v Values) Bool(name string) (value, set bool) {
	x, ok := v.m[name]
	return x.number != 0, ok
}

// Names are the properties that are set, sorted.
func (v Values) Names() []string {
	all := make([]string, 0, len(v.m))
	for n := range v.m {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// Set checks a property and keeps its value, in place of an earlier one.
func (v *Values) Set(where, name, raw string) error {
	p, ok := Find(name)
	if !ok {
		return unknown(where, name)
	}
	if p.Unused != "" {
		return errorf("kq -X list prints all properties", "%s: kq does not use the property %s: %s", where, name, p.Unused)
	}
	return v.set(where, p, raw)
}

func (v *Values) set(where string, p Property, raw string) error {
	x, err := p.parse(raw)
	if err != nil {
		colon := ":"
		if where == "-X" {
			colon = ""
		}
		return errorf(hintOf(err), "%s%s %s: %w", where, colon, p.Name, err)
	}
	x.Where, x.from = where, v.from
	if v.m == nil {
		v.m = map[string]Value{}
	}
	if p.Name == "sasl.jaas.config" {
		return v.setJAAS(where, raw)
	}
	v.m[p.Name] = x
	return nil
}

// together checks properties that depend on others.
func (v Values) together() error {
	if on, _ := v.Bool("enable.idempotence"); on && v.Has("acks") && v.Text("acks") != "all" {
		return errorf("leave one of them out", "%s: enable.idempotence needs acks=all, and %s says %s", v.Where("enable.idempotence"), v.Where("acks"), v.Text("acks"))
	}
	return nil
}

func hintOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Next
	}
	return ""
}

// parse checks the value of a property.
func (p Property) parse(raw string) (Value, error) {
	x := Value{Raw: raw}
	var err error
	switch p.Kind {
	case Bool:
		x.number, err = parseBool(raw)
	case Int, Bytes:
		x.number, err = p.parseNumber(raw)
	case Millis:
		x.number, err = p.parseMillis(raw)
	case Choice:
		x.Raw, err = p.parseChoice(raw)
	default:
		if strings.ContainsRune(raw, 0) {
			err = fmt.Errorf("it holds a zero byte")
		}
	}
	return x, err
}

func parseBool(raw string) (int64, error) {
	switch strings.ToLower(strings.TrimSpace(raw)) {
	case "true", "t", "1", "yes":
		return 1, nil
	case "false", "f", "0", "no":
		return 0, nil
	}
	return 0, fmt.Errorf("%q is not true or false", raw)
}

func (p Property) parseNumber(raw string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(raw), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", raw)
	}
	return n, p.within(n, "")
}

func (p Property) parseMillis(raw string) (int64, error) {
	text := strings.TrimSpace(raw)
	n, err := strconv.ParseFloat(text, 64) // librdkafka's linger.ms may have a fraction
	if err != nil {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("%q is neither a number of milliseconds nor a duration as 5s", raw)
		}
		n = float64(d) / float64(time.Millisecond)
	}
	if !(math.Abs(n) < float64(math.MaxInt64/int64(time.Millisecond))) {
		return 0, fmt.Errorf("%q is too long", raw)
	}
	return int64(n), p.within(int64(n), " ms")
}

func (p Property) within(n int64, unit string) error {
	switch {
	case n < p.Least:
		return fmt.Errorf("%d%s is below %d", n, unit, p.Least)
	case p.Most > 0 && n > p.Most:
		return fmt.Errorf("%d%s is above %d", n, unit, p.Most)
	}
	return nil
}

func (p Property) parseChoice(raw string) (string, error) {
	value := strings.ToLower(strings.TrimSpace(raw))
	if p.Upper {
		value = strings.ToUpper(value)
	}
	if value == "" && slices.Contains(p.Choices, "none") {
		return "none", nil // as Java has it for ssl.endpoint.identification.algorithm
	}
	if value == "-1" {
		value = "all" // of acks
	}
	if slices.Contains(p.Choices, value) {
		return value, nil
	}
	hint := ""
	switch {
	case value == "GSSAPI":
		hint = "kq has no Kerberos"
	case nearest.Name(value, p.Choices) != "":
		hint = "did you mean " + nearest.Name(value, p.Choices) + "?"
	}
	return "", errorf(hint, "%q is not one of %s", raw, strings.Join(p.Choices, ", "))
}
