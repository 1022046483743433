package agent

import (
	"slices"
	"testing"
	"time"

	"plimsoll/fleet/correlate"
	"plimsoll/fleet/wire"
	"plimsoll/redundancy"
)

// onFeed is g with its second member on a feed.
func onFeed(g redundancy.Group) redundancy.Group {
	g.Members = slices.Clone(g.Members)
	g.Members[1].StandsOn = []redundancy.ID{"feed:a"}
	return g
}

// sharing is a host with a mirror, of which one half hangs on a feed that many others hang on too.
func sharing(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.st.Shares = []redundancy.ID{"feed:a"}
	w.open(Checkpoint{})
	w.step(Input{Fleet: &FleetNews{Shared: []redundancy.ID{"feed:a"}}})
	w.look(onFeed(whole))
	w.durable()
	w.published = nil
	return w
}

// found has the fleet tell of the feed.
func (w *world) found() {
	w.step(Input{Fleet: &FleetNews{
		Shared: []redundancy.ID{"feed:a"},
		Found:  []wire.CaseNews{{Domain: "feed:a", Fault: "raid.failed", Incident: 1, Open: true, Event: "fleet/x/1"}},
	}})
}

// loud are the events of the newest steps, each with whom it is for.
func (w *world) loud() []string {
	w.t.Helper()
	w.durable()
	var out []string
	for _, e := range w.published {
		out = append(out, e.Type+" "+string(e.Notify))
	}
	w.published = nil
	return out
}

func (w *world) says(want ...string) {
	w.t.Helper()
	if got := w.loud(); !slices.Equal(got, want) {
		w.t.Errorf("told %q, want %q", got, want)
	}
}

func TestAFaultUnderASharedFeedWaitsForTheFleetAndIsToldAgainIfThatIsSilent(t *testing.T) {
	t.Parallel()
	w := sharing(t)
	w.after(time.Minute).look(onFeed(halved))
	w.says("component.failed deferred", "redundancy.lost deferred")
	if want := w.now.Add(correlate.DefaultRules().Window); w.wake.After(want) {
		t.Errorf("wakes at %s, want no later than %s", w.wake, want)
	}
	w.after(time.Minute).look(onFeed(halved))
	w.says()
	w.after(2 * time.Minute).look(onFeed(halved))
	w.durable()
	again := slices.Clone(w.published)
	w.says("component.failed now", "redundancy.lost now")
	if again[1].Text != "md0 is Lost, margin 0 of 1; the fleet does not tell of it as a fault of feed a" || again[1].Cause == "" {
		t.Errorf("told again: %+v", again[1])
	}
	w.foldsToItself(Checkpoint{})
	w.after(time.Hour).look(onFeed(halved))
	w.says()
}

func TestAFaultThatTheFleetTellsOfWakesNobodyOnTheHostAndHoldsRulesThatWantThat(t *testing.T) {
	t.Parallel()
	w := sharing(t)
	w.after(time.Minute).look(onFeed(halved))
	w.says("component.failed deferred", "redundancy.lost deferred")
	w.after(time.Minute).found()
	if got := w.st.circumstances().Correlated; !slices.Equal(got, []redundancy.ID{"raid:m"}) {
		t.Errorf("correlated are %v", got)
	}
	w.after(time.Hour).look(onFeed(halved))
	w.says()
	w.look(onFeed(whole))
	if got := w.st.circumstances().Correlated; len(got) > 0 {
		t.Errorf("correlated are %v", got)
	}
	w.loud()
	w.look(onFeed(halved)) // while it is open
	w.durable()
	if e := w.published[0]; e.Type != redundancy.ComponentFailed || e.Cause != "fleet/x/1" {
		t.Errorf("told %+v", e)
	}
	w.says("component.failed caused", "redundancy.lost caused")
}

func TestAFaultThatIsOverOrIsNotTheFeedsIsNotDeferredOrNotToldAgain(t *testing.T) {
	t.Parallel()
	w := sharing(t)
	w.after(time.Minute).look(onFeed(halved))
	w.says("component.failed deferred", "redundancy.lost deferred")
	w.after(time.Minute).look(onFeed(whole))
	w.says("component.returned now", "redundancy.regained now")
	w.after(time.Hour).look(onFeed(whole))
	w.says()
	other := onFeed(mirror(redundancy.Disabled, redundancy.Enabled)) // the half that hangs on no feed
	w.look(other)
	w.says("component.failed now", "redundancy.lost now")

	alone := newWorld(t)
	alone.st.Shares = []redundancy.ID{"feed:a"} // too few hosts hang on it, or no arbiter has said so
	alone.open(Checkpoint{})
	alone.look(onFeed(whole))
	alone.loud()
	alone.look(onFeed(halved))
	alone.says("component.failed now", "redundancy.lost now")
}

func TestWhatWasDeferredOutlastsTheAgent(t *testing.T) {
	t.Parallel()
	w := sharing(t)
	w.after(time.Minute).look(onFeed(halved))
	w.durable()
	again := newWorld(t)
	again.st.Shares = w.st.Shares
	again.step(Input{Opened: &Opened{LogID: "l", Next: w.st.Log.Next, Before: w.checkpointOfRecords()}})
	again.look(onFeed(halved))
	again.durable()
	again.published = nil
	again.after(3 * time.Minute).look(onFeed(halved))
	again.says("component.failed now", "redundancy.lost now")
	third := newWorld(t)
	third.st.Shares = w.st.Shares
	third.step(Input{Opened: &Opened{LogID: "l", Next: again.st.Log.Next, Before: again.checkpointOver(w.checkpointOfRecords())}})
	third.look(onFeed(halved))
	third.after(time.Hour).look(onFeed(halved))
	if third.durable(); slices.ContainsFunc(third.published, func(e redundancy.Event) bool { return e.Type == redundancy.RedundancyLost }) {
		t.Errorf("a third agent tells it once more: %+v", third.published)
	}
}
