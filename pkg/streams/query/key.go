package query

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kq/pkg/streams/codec"
)

// errKey is a key that is not one of the store's type.
var errKey = errors.New("bad key")

// parseKey turns the text of a key, as a URL spells it, into its bytes: numbers in
// decimal, JSON as such, bytes in base64, all else as it stands.
func parseKey(c codec.Codec, text string) ([]byte, error) {
	v, err := keyValue(c, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is no %s", errKey, clip(text), c.Name())
	}
	b, err := c.Append(nil, v)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", errKey, clip(text), err)
	}
	if b == nil {
		b = []byte{}
	}
	return b, nil
}

func keyValue(c codec.Codec, text string) (any, error) {
	switch c.Name() {
	case "long":
		return strconv.ParseInt(text, 10, 64)
	case "int":
		return strconv.ParseInt(text, 10, 32)
	case "short":
		return strconv.ParseInt(text, 10, 16)
	case "double", "float":
		return strconv.ParseFloat(text, 64)
	case "bool":
		return strconv.ParseBool(text)
	case "bytes":
		if b, err := base64.StdEncoding.DecodeString(text); err == nil {
			return b, nil
		}
		return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	case "json":
		return c.Decode([]byte(text))
	}
	return text, nil
}

// clip makes what a stranger sent short enough for a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
