package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/journal"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

func TestAnEventInANewerVersionsWordsHoldsNothingBack(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	cfg := journal.DefaultConfig("/state/log")
	cfg.FS = h.disk
	j, _, err := journal.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = j.AppendAll(
		journal.Entry{Kind: RecordEvent, Data: map[string]string{"type": "component.failed", "severity": "apocalyptic"}},
		journal.Entry{Kind: RecordSent, Data: "nothing"},
		journal.Entry{Kind: "novelty", Data: "nothing"},
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.raid.finds(mirror(redundancy.Enabled, redundancy.Enabled))
	l := h.start()
	v := l.untilStored(redundancy.FullyRedundant)
	h.wantOnce(v)
	if types := h.storedTypes(); !slices.Contains(types, redundancy.AgentStarted) {
		t.Errorf("the stream holds %v", types)
	}
}

func TestFilesForNATSThatComeLateAreUsedWithoutARestart(t *testing.T) {
	t.Parallel()
	h := newHabitat(t)
	path := filepath.Join(t.TempDir(), "nats.creds")
	h.cfg.NATS.Credentials = path
	l := h.start()
	l.until("no file", func(v *view.View) bool { return strings.Contains(v.NATS.Problem, "no such file") })
	if err := os.WriteFile(path, []byte("a poor secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.until("another problem", func(v *view.View) bool {
		return v.NATS.Problem != "" && !strings.Contains(v.NATS.Problem, "no such file")
	})
}

// blinds counts the sources that were called blind.
func (s *sim) blinds() int {
	n := 0
	for _, e := range s.stream {
		if e.Type == redundancy.CollectorBlind {
			n++
		}
	}
	return n
}

func TestAnAgentThatWasStoppedDoesNotTakeItsOwnSleepForSilence(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.prompt = true
	s.open()
	s.now = s.now.Add(time.Second)
	s.look("raid", mirror(redundancy.Enabled, redundancy.Enabled))
	s.look("bond")
	s.now = s.now.Add(5 * time.Minute) // SIGSTOP, or a guest that was paused
	s.step(Input{})
	if n := s.blinds(); n != 0 {
		t.Errorf("%d sources are called blind as soon as the agent runs again", n)
	}
	s.now = s.now.Add(5 * time.Minute)
	s.step(Input{})
	if n := s.blinds(); n != 2 {
		t.Errorf("%d sources are called blind that nobody has heard of since, want 2", n)
	}
}

func TestASourceThatWasSilentBeforeTheAgentWasStoppedStaysBlind(t *testing.T) {
	t.Parallel()
	s := newSim(t)
	s.prompt = true
	s.open()
	s.look("raid", mirror(redundancy.Enabled, redundancy.Enabled))
	s.look("bond")
	s.pass(time.Minute, 0)
	told := len(s.stream)
	if n := s.blinds(); n != 2 {
		t.Fatalf("%d sources are blind, want 2", n)
	}
	s.now = s.now.Add(5 * time.Minute)
	s.step(Input{})
	if len(s.stream) != told {
		t.Errorf("told after the sleep: %v", s.stream[told:])
	}
}
