package agent

import (
	"slices"

	"plimsoll/internal/view"
)

// historyKept is how many changes of the baseline are kept: the last of some forty times that a person accepted a large host
// as a whole would fill it, and a checkpoint that holds it stays within a few hundred kilobytes.
const historyKept = 200

// keepBaseline has the log keep what has become of the baseline, and the history know of it.
func (st *State) keepBaseline(r BaselineRecord, fx *Effects) {
	st.History = remembered(st.History, r)
	st.record(RecordBaseline, r, fx)
}

// remembered is the history with r behind it. That a lone component was seen for the first time is none. The slice may be shared:
// nothing that it shows is changed.
func remembered(history []view.BaselineChange, r BaselineRecord) []view.BaselineChange {
	if r.At.IsZero() || r.Known.Lone && r.By == "" {
		return history
	}
	c := view.BaselineChange{At: r.At, By: r.By, Group: r.ID, Gone: r.Gone}
	if !r.Gone {
		c.Known = &r.Known
	}
	return slices.Clip(append(history[max(0, len(history)+1-historyKept):], c))
}
