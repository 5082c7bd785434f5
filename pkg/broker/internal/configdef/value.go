package configdef

import (
	"math"
	"strconv"
	"strings"
)

// Value is a parsed config value; the field that Def.Type tells is set.
type Value struct {
	Bool  bool     // Boolean
	Int   int64    // Int, Short, Long
	Float float64  // Double
	Text  string   // String, Class, Password
	List  []string // List: trimmed elements, without repetitions where Kafka drops them
}

// Parse trims, parses and checks a value as Kafka's ConfigDef does. Errors carry Kafka's text and are ErrInvalidConfig.
func (d *Def) Parse(raw string) (Value, error) {
	v, err := d.parse(raw)
	if err != nil {
		return Value{}, err
	}
	if err := d.Check.verify(d, v); err != nil {
		return Value{}, err
	}
	return v, nil
}

// Normalize returns the canonical text of a value, as DescribeConfigs shows it, or why the value is refused.
func (d *Def) Normalize(raw string) (string, error) {
	v, err := d.Parse(raw)
	if err != nil {
		return "", err
	}
	return d.Format(v), nil
}

// Format renders a parsed value in canonical text.
func (d *Def) Format(v Value) string {
	switch d.Type {
	case Boolean:
		return strconv.FormatBool(v.Bool)
	case Int, Short, Long:
		return strconv.FormatInt(v.Int, 10)
	case Double:
		return formatDouble(v.Float)
	case List:
		return strings.Join(v.List, ",")
	}
	return v.Text
}

func (d *Def) parse(raw string) (Value, error) {
	s := javaTrim(raw)
	switch d.Type {
	case Boolean:
		switch {
		case strings.EqualFold(s, "true"):
			return Value{Bool: true}, nil
		case strings.EqualFold(s, "false"):
			return Value{}, nil
		}
		return Value{}, invalidValue(d.Name, raw, "Expected value to be either true or false")
	case Int, Short, Long:
		n, err := strconv.ParseInt(s, 10, d.bits())
		if err != nil {
			return Value{}, d.notANumber(raw)
		}
		return Value{Int: n}, nil
	case Double:
		f, ok := parseDouble(s)
		if !ok {
			return Value{}, d.notANumber(raw)
		}
		return Value{Float: f}, nil
	case List:
		return Value{List: d.split(s)}, nil
	}
	return Value{Text: s}, nil
}

func (d *Def) bits() int {
	switch d.Type {
	case Short:
		return 16
	case Int:
		return 32
	}
	return 64
}

func (d *Def) notANumber(raw string) error {
	return invalidValue(d.Name, raw, "Not a number of type "+d.Type.String())
}

// split cuts a list at commas with the blanks around them; an empty text is the empty list. Where the list is checked
// as a set, repetitions are dropped (KIP-1161).
func (d *Def) split(s string) []string {
	if s == "" {
		return []string{}
	}
	parts := strings.Split(s, ",")
	out := parts[:0]
	for i, p := range parts {
		if i > 0 {
			p = strings.TrimLeft(p, listBlanks)
		}
		if i < len(parts)-1 {
			p = strings.TrimRight(p, listBlanks)
		}
		if d.Check.isSet() && contains(out, p) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// listBlanks is \s of java.util.regex.
const listBlanks = " \t\n\v\f\r"

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// javaTrim cuts what java.lang.String.trim does: every character up to the blank at both ends.
func javaTrim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// parseDouble reads what java.lang.Double.parseDouble does: an optional d or f at the end, NaN and Infinity in that
// spelling only, hexadecimal only with an exponent, no underscores.
func parseDouble(s string) (float64, bool) {
	s = javaTrim(s)
	body := strings.TrimLeft(s, "+-")
	if len(s)-len(body) > 1 {
		return 0, false
	}
	switch body {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		if s[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	case "":
		return 0, false
	}
	if c := body[0]; c != '.' && (c < '0' || c > '9') || strings.Contains(body, "_") {
		return 0, false
	}
	hex := strings.HasPrefix(body, "0x") || strings.HasPrefix(body, "0X")
	if hex && !strings.ContainsAny(body, "pP") {
		return 0, false
	}
	s = strings.TrimRight(s, "dDfF")
	if len(body)-len(s) > 1 {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// formatDouble renders a double as java.lang.Double.toString does: at least one digit after the point, and scientific
// notation below 0.001 and from ten million on.
func formatDouble(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if a := math.Abs(f); a == 0 || a >= 1e-3 && a < 1e7 {
		return withPoint(strconv.FormatFloat(f, 'f', -1, 64))
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	if !strings.Contains(text, ".") {
		text = strconv.FormatFloat(f, 'e', 1, 64) // the closest of two digits
	}
	mantissa, exponent, _ := strings.Cut(text, "e")
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return mantissa + "E" + sign + strings.TrimLeft(exponent, "+-0")
}

func withPoint(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}
