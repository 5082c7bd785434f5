package lint

import (
	"regexp"
	"strings"
)

// unfinished marks work left undone. The words are split so that this file passes its own rule.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|HA` + `CK|XX` + `X)\b`)

// foreign are words that belong to a workplace and not to the project: its
// folders, its registries, whoever typed.
var foreign = regexp.MustCompile(`(?i)/wor` + `k/(main|shared|\.)|/ro` + `ot/|/tmp/k` + `(q|afka-jars)\b|\.pyen` + `v|repo1\.mav` + `en|proxy\.gol` + `ang|py` + `pi\.org|registry\.n` + `pmjs|\bmir` + `ror dir|` +
	`\b(chat` + `gpt|clau` + `de|copi` + `lot|lang` + `uage model|ai assist` + `ant|as an a` + `i|sub` + `agent)\b`)

// filler are words that promise instead of saying.
var filler = regexp.MustCompile(`(?i)\b(blaz` + `ing(ly)?|seam` + `less(ly)?|cutting` + `-edge|state` + `-of-the-art|lever` + `ag(e|es|ing)|best-in` + `-class|world` + `-class|robu` + `st and|power` + `ful and|supercha` + `rge|del` + `ve into|production` + `-ready)\b`)

// Words reads every line of Go, documents and scripts.
var Words = Rule{Name: "words", Check: func(t *Tree, report func(string, int, string, ...any)) {
	check := func(path string, src []byte) {
		for i, line := range strings.Split(string(src), "\n") {
			if w := unfinished.FindString(line); w != "" {
				report(path, i+1, "%q: finish it, or put it into an issue", w)
			}
			if w := foreign.FindString(line); w != "" {
				report(path, i+1, "%q does not belong to the project", w)
			}
			if w := filler.FindString(line); w != "" {
				report(path, i+1, "%q says nothing: give the figure or the fact", w)
			}
		}
	}
	for _, f := range t.Files {
		check(f.Path, f.Src)
	}
	for _, x := range t.Texts {
		check(x.Path, x.Src)
	}
}}

// Rules are all rules.
func Rules() []Rule {
	return []Rule{
		Law, Libraries, Size, Format, Interfaces, PackageDoc, ExportedDoc, Signatures,
		NoInit, NoExit, NoPanic, NoSleep, NoSkip, NoPrint, Storage, Names, Globals, OneAPI, Words,
	}
}
