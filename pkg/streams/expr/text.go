package expr

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kq/pkg/streams/codec"
)

// text is v as the function string() writes it: numbers and booleans as
// themselves, bytes as UTF-8, lists and maps as JSON, null as "null".
func text(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "null", nil
	case string:
		return x, nil
	case []byte:
		return string(x), nil
	case int:
		return strconv.Itoa(x), nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), nil
	case bool:
		return strconv.FormatBool(x), nil
	case time.Duration:
		return x.String(), nil
	}
	n, err := normal(v)
	if err != nil {
		return "", err
	}
	if s, ok := n.(string); ok {
		return s, nil
	}
	b, err := codec.AppendJSON(nil, n)
	return string(b), err
}

// asText takes text only; null is refused by name.
func asText(fn string, v any) (string, error) {
	switch s := v.(type) {
	case string:
		return s, nil
	case []byte:
		return string(s), nil
	case nil:
		return "", fmt.Errorf("%s of null", fn)
	}
	return "", fmt.Errorf("%s takes text, not %s", fn, typeName(v))
}

// typeName is what messages call the type of v.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case int, int64:
		return "an int"
	case float64:
		return "a double"
	case bool:
		return "a bool"
	case []byte:
		return "bytes"
	case []any, []string, []int:
		return "a list"
	case map[string]any:
		return "a map"
	case time.Time:
		return "a date"
	case time.Duration:
		return "a duration"
	}
	return inOurWords(fmt.Sprintf("%T", v))
}

// splitJava is Java's String.split(regex): empty parts at the end are left
// out, a match of no length at the beginning gives no empty part, and a text
// without a match is the only part.
func splitJava(s string, re *regexp.Regexp) []any {
	list := []any{}
	from := 0
	for _, m := range re.FindAllStringIndex(s, -1) {
		if m[1] == 0 || m[0] == m[1] && m[0] == len(s) {
			continue // no length, at an end
		}
		list = append(list, s[from:m[0]])
		from = m[1]
	}
	if from == 0 && len(list) == 0 {
		return []any{s}
	}
	list = append(list, s[from:])
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

func splitFunc(args ...any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("split takes a text and a regular expression, not %d arguments", len(args))
	}
	s, err := asText("split", args[0])
	if err != nil {
		return nil, err
	}
	sep, err := asText("split", args[1])
	if err != nil {
		return nil, err
	}
	if regexp.QuoteMeta(sep) == sep && sep != "" {
		return trimParts(s, strings.Split(s, sep)), nil
	}
	re, err := regexp.Compile(sep)
	if err != nil {
		return nil, err
	}
	return splitJava(s, re), nil
}

func trimParts(s string, parts []string) []any {
	if len(parts) == 1 {
		return []any{s}
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	list := make([]any, len(parts))
	for i, p := range parts {
		list[i] = p
	}
	return list
}

func wordsFunc(args ...any) (any, error) {
	s, err := asText("words", args[0])
	if err != nil {
		return nil, err
	}
	return wordList(s), nil
}

func stringFunc(args ...any) (any, error) { return text(args[0]) }

func toJSONFunc(args ...any) (any, error) {
	n, err := normal(args[0])
	if err != nil {
		return nil, err
	}
	b, err := codec.AppendJSON(nil, n)
	return string(b), err
}

func fromJSONFunc(args ...any) (any, error) {
	s, err := asText("fromJSON", args[0])
	if err != nil {
		return nil, err
	}
	return codec.JSON{}.Decode([]byte(s))
}

// replaceAllFunc replaces the matches of a regular expression; $1 or ${name}
// in the third argument are groups.
func replaceAllFunc(args ...any) (any, error) {
	var s [3]string
	for i := range s {
		var err error
		if s[i], err = asText("replaceAll", args[i]); err != nil {
			return nil, err
		}
	}
	re, err := regexp.Compile(s[1])
	if err != nil {
		return nil, err
	}
	return re.ReplaceAllString(s[0], s[2]), nil
}

// lenFunc counts characters of text, bytes, elements or keys; null has none.
func lenFunc(args ...any) (any, error) {
	switch x := args[0].(type) {
	case nil:
		return 0, nil
	case string:
		return utf8.RuneCountInString(x), nil
	case []byte:
		return len(x), nil
	case []any:
		return len(x), nil
	case map[string]any:
		return len(x), nil
	}
	n, err := normal(args[0])
	if err != nil {
		return nil, err
	}
	if list, ok := n.([]any); ok {
		return len(list), nil
	}
	return nil, fmt.Errorf("len of %s", typeName(n))
}
