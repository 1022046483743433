package cli

import (
	"fmt"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
)

// examineDevices tells of places that could not be read, of groups and of disks, supplies and sensors; a few are as telling as all.
func examineDevices(s api.Status) []exam {
	const enough, hint = 5, "what is not read makes a margin doubtful; the cause is the kernel's word: `dmesg`, `journalctl -u plimsoll-sense`"
	var out []exam
	tell := func(about string, places []api.Evidence) {
		for _, e := range places {
			out = append(out, exam{dubious, about, e.Where + ": " + *e.Error, hint})
		}
	}
	for _, g := range s.Groups {
		tell("group "+g.Name, failed(g))
	}
	for _, l := range s.Lone {
		tell(string(l.Kind)+" "+l.Name, unread(l.Evidence))
	}
	if more := len(out) - enough; more > 0 {
		return append(out[:enough], exam{dubious, "devices", fmt.Sprintf("%d more places could not be read", more), "see `plimsoll status`"})
	}
	if len(out) == 0 {
		return []exam{{sound, "devices", phrase.Several(len(s.Groups), "group") + " and " + phrase.Several(len(s.Lone), "device") + " beside them are read", ""}}
	}
	return out
}
