package raid

import (
	"fmt"
	"strings"

	"plimsoll/internal/blockid"
	"plimsoll/redundancy"
)

// Keeper is md/bitmap/metadata: who keeps the bitmap.
type Keeper string

// Clustered is the keeper of an array that several hosts share.
const Clustered Keeper = "clustered"

// against is what speaks against changing the array as it is, whatever it is for. The helper asks the same of md again, right
// before it writes.
func (a Array) against() []redundancy.Objection {
	var out []redundancy.Objection
	object := func(so bool, format string, args ...any) {
		if so {
			out = append(out, redundancy.Objection{Text: blockid.Pretty(a.Name) + " " + fmt.Sprintf(format, args...)})
		}
	}
	object(a.Metadata.Known() && !strings.HasPrefix(a.Metadata.Raw, "1.") && a.Metadata.Raw != "0.90",
		"has metadata that md does not keep itself: %s", a.Metadata.Raw)
	object(a.Keeper.Known() && a.Keeper.Value == Clustered, "is clustered: its other hosts would have to agree")
	object(a.State.Known() && !a.writable(), "does not run read-write: it is %s", a.State.Raw)
	switch {
	case a.reshaping():
		object(true, "is being reshaped")
	case a.Action.Known() && a.Action.Value != Idle:
		object(true, "is at work: %s", a.Action.Raw)
	default:
		object(a.Start.Known() && a.Start.Value, "has a resync to come")
	}
	object(!a.Metadata.Known() || !a.State.Known() || !a.Action.Known(), "cannot be read well enough to be changed")
	return out
}

// writable says whether the array takes writes, and has taken one since it was assembled.
func (a Array) writable() bool {
	switch a.State.Value {
	case Clean, Active, ActiveIdle, WritePending:
		return true
	case Clear, Inactive, Suspended, ReadOnly, ReadAuto, Broken:
		return false
	default:
		return false
	}
}
