package agent

import (
	"strings"
	"testing"

	"plimsoll/redundancy"
)

func TestACheckpointFitsIntoTheLogWhateverTheKernelSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(Checkpoint{})
	g := mirror(redundancy.Enabled, redundancy.Disabled)
	noise := []redundancy.Evidence{{Where: "here", Value: strings.Repeat("x", 1<<20)}}
	g.Evidence, g.Members[0].Evidence = noise, noise
	g.Warnings = []redundancy.Warning{{Key: "odd", Text: "odd", Evidence: noise}}
	w.look(g)
	if got := len(asJSON(t, w.st.checkpoint())); got > 1<<16 {
		t.Errorf("a checkpoint of one group has %d bytes", got)
	}
	if w.st.Assessment.Groups[0].Group.Members[0].Evidence == nil {
		t.Error("the agent forgot the evidence")
	}
}
