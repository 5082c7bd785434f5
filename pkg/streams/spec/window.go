package spec

func windowKinds() []string { return []string{"tumbling", "hopping", "sliding", "session", "day"} }
