package expr

import "unicode/utf8"

// cutWords calls emit with each word of line as Java's
// line.toLowerCase(Locale.ROOT).split("\\W+") gives them: a word is a run of
// ASCII letters, digits and underscores; a line that begins with something
// else has a first, empty word; a line without any word gives none, unless it
// is empty: then it is one empty word. The words share buf, which is returned
// for the next line.
func cutWords(line string, buf []byte, emit func(word []byte) error) ([]byte, error) {
	if buf == nil {
		buf = make([]byte, 0, len(line)) // words are never nil
	}
	start := len(buf)
	if line == "" {
		return buf, emit(buf[start:start:start])
	}
	began := false // whether a word, the empty one included, has come
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_':
			buf = append(buf, c)
			i++
			continue
		case c >= 'A' && c <= 'Z':
			buf = append(buf, c+'a'-'A')
			i++
			continue
		}
		n := 1
		if c >= utf8.RuneSelf {
			var r rune
			r, n = utf8.DecodeRuneInString(line[i:])
			if r == '\u212a' { // the Kelvin sign, whose lower case is k
				buf = append(buf, 'k')
				i += n
				continue
			}
			if r == '\u0130' { // İ, whose lower case is i and a dot of its own
				buf = append(buf, 'i')
			}
		}
		i += n
		if len(buf) > start || !began {
			if len(buf) == start && !more(line[i:]) {
				return buf, nil
			}
			if err := emit(buf[start:len(buf):len(buf)]); err != nil {
				return buf, err
			}
			start = len(buf)
			began = true
		}
	}
	if len(buf) > start {
		return buf, emit(buf[start:len(buf):len(buf)])
	}
	return buf, nil
}

// more says that a word comes in the rest of a line: empty words at the end
// are none.
func more(rest string) bool {
	for _, r := range rest {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '\u212a' || r == '\u0130' {
			return true
		}
	}
	return false
}

// wordList is cutWords as the function words() gives it.
func wordList(line string) []any {
	list := []any{}
	_, _ = cutWords(line, make([]byte, 0, len(line)), func(w []byte) error {
		list = append(list, string(w))
		return nil
	})
	return list
}
