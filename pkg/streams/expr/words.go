package expr

import (
	"unicode/utf8"

	"kq/pkg/streams/codec"
)

// cutWords calls emit with each word of line as Java's
// line.toLowerCase(Locale.ROOT).split("\\W+") gives them: a word is a run of
// ASCII letters, digits and underscores; a line that begins with something
// else has a first, empty word; a line without any word gives none, unless it
// is empty: then it is one empty word. Words share line where it has them in
// lower case already; they are never nil.
func cutWords(line []byte, emit func(word []byte) error) error {
	if len(line) == 0 {
		return emit([]byte{})
	}
	for i, first := 0, true; i < len(line); first = false {
		word, n := nextWord(line[i:])
		i += n
		if len(word) == 0 {
			if !first || i == len(line) {
				return nil // a line of separators alone has no words
			}
			word = []byte{}
		}
		if err := emit(word); err != nil {
			return err
		}
	}
	return nil
}

// nextWord is the word that b begins with, maybe an empty one, and the number
// of bytes of it and of the separators behind it.
func nextWord(b []byte) (word []byte, n int) {
	for n < len(b) && lowerLetter(b[n]) {
		n++
	}
	word = b[:n:n]
	own := false
	for n < len(b) {
		c := b[n]
		if c < utf8.RuneSelf {
			if !lowerLetter(c) && (c < 'A' || c > 'Z') {
				break
			}
			n++
		} else {
			var size int
			if c, size = foldsToASCII(b[n:]); c == 0 {
				break
			}
			n += size
		}
		if !own {
			word = append(make([]byte, 0, len(word)+16), word...)
			own = true
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		word = append(word, c)
		if c == 'i' && b[n-1] >= utf8.RuneSelf {
			break // the dot that Java leaves behind İ separates
		}
	}
	for n < len(b) {
		c := b[n]
		size := 1
		if c >= utf8.RuneSelf {
			if c, size = foldsToASCII(b[n:]); c != 0 {
				break
			}
		} else if lowerLetter(c) || c >= 'A' && c <= 'Z' {
			break
		}
		n += size
	}
	return word, n
}

func lowerLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' }

// foldsToASCII is the letter of ASCII that a rune beyond it has as its lower
// case, 0 for none: only the Kelvin sign and İ have one.
func foldsToASCII(b []byte) (letter byte, size int) {
	r, size := utf8.DecodeRune(b)
	switch r {
	case '\u212a':
		return 'k', size
	case '\u0130':
		return 'i', size
	}
	return 0, size
}

// wordList is cutWords as the function words() gives it.
func wordList(line string) []any {
	list := []any{}
	_ = cutWords([]byte(line), func(w []byte) error {
		list = append(list, string(w))
		return nil
	})
	return list
}

// lineOf are the bytes of the text that words are to be cut out of.
func lineOf(v *codec.Value) ([]byte, error) {
	if raw, c := v.Raw(); raw != nil && c == (codec.String{}) {
		return raw, nil
	}
	x, err := v.Any()
	if err != nil {
		return nil, err
	}
	s, err := asText("words", x)
	return []byte(s), err
}
