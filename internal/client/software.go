package client

// SoftwareVersion keeps to what ApiVersions allows a version to be (KIP-511):
// letters, digits, dots and dashes, at either end a letter or digit.
func SoftwareVersion(v string) string {
	var b []byte
	for i := range len(v) {
		switch c := v[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '.' && len(b) > 0:
			b = append(b, c)
		default:
			if len(b) > 0 && b[len(b)-1] != '-' {
				b = append(b, '-')
			}
		}
	}
	for len(b) > 0 && (b[len(b)-1] == '-' || b[len(b)-1] == '.') {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return "devel"
	}
	return string(b)
}
