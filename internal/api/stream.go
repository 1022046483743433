package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/redundancy"
)

const (
	// takeTime is how long a client that follows may take for one line; a slower one is cut.
	takeTime = 10 * time.Second
	// calm is the least time between two status documents of one stream: a burst of looks is one redraw.
	calm = 250 * time.Millisecond
	// beat is the most time between them, so that ages and progress move on the screen.
	beat = 2 * time.Second
)

var errSince = errors.New("since wants an event's sequence number or a time as in 2006-01-02T15:04:05Z")

// statuses streams status documents, one a line: now, and whenever something has changed.
func (p pages) statuses(w http.ResponseWriter, r *http.Request) {
	lines := p.newLines(w)
	for {
		changed := p.agent.Changed()
		if v := p.agent.View(); v != nil && !lines.send(NewStatus(v, p.now())) {
			return
		}
		if !wait(r, nil, calm) || !wait(r, changed, beat-calm) {
			return
		}
	}
}

// wait returns after d, or sooner when changed is closed, and false when the client or the agent is gone.
func wait(r *http.Request, changed <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.Context().Done():
		return false
	case <-changed:
	case <-t.C:
	}
	return true
}

// events answers with the recent events, one a line, and with ?follow goes on with those that come. A client that has
// fallen so far behind that events it lacks are no longer in memory is cut: a gap must not look like silence.
func (p pages) events(w http.ResponseWriter, r *http.Request) {
	wanted, err := parseSince(r.URL.Query().Get("since"))
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	changed := p.agent.Changed()
	v := p.agent.View()
	if v == nil {
		fail(w, http.StatusServiceUnavailable, errStarting)
		return
	}
	lines := p.newLines(w)
	for _, e := range v.Recent {
		if wanted(e) && !lines.send(e) {
			return
		}
	}
	if !r.URL.Query().Has("follow") {
		return
	}
	for last := newest(v.Recent, ""); ; last = newest(v.Recent, last) {
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
		changed, v = p.agent.Changed(), p.agent.View()
		fresh, whole := after(v.Recent, last)
		if !whole {
			return
		}
		for _, e := range fresh {
			if !lines.send(e) {
				return
			}
		}
	}
}

func newest(events []redundancy.Event, otherwise string) string {
	if len(events) == 0 {
		return otherwise
	}
	return events[len(events)-1].ID
}

// after are the events that follow the one with this id, and false where it is no longer among them.
func after(events []redundancy.Event, id string) ([]redundancy.Event, bool) {
	if id == "" {
		return events, true
	}
	for i, e := range slices.Backward(events) {
		if e.ID == id {
			return events[i+1:], true
		}
	}
	return nil, false
}

// parseSince reads what ?since= asks for: events after a sequence number, which is the last part of an event's id, or not
// older than a time; all of them if it is empty.
func parseSince(since string) (func(redundancy.Event) bool, error) {
	if since == "" {
		return func(redundancy.Event) bool { return true }, nil
	}
	if n, err := strconv.ParseUint(since, 10, 64); err == nil {
		return func(e redundancy.Event) bool { return sequence(e.ID) > n }, nil
	}
	t, err := time.Parse(time.RFC3339Nano, since)
	if err != nil {
		return nil, errSince
	}
	return func(e redundancy.Event) bool { return !e.Time.Before(t) }, nil
}

func sequence(id string) uint64 {
	n, err := strconv.ParseUint(id[strings.LastIndexByte(id, '/')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// lines writes JSON lines and sends each at once.
type lines struct {
	ctl  *http.ResponseController
	json *json.Encoder
	take time.Duration
}

func (p pages) newLines(w http.ResponseWriter) lines {
	w.Header().Set("Content-Type", typeLines)
	l := lines{ctl: http.NewResponseController(w), json: json.NewEncoder(w), take: p.take}
	_ = l.ctl.Flush() // tell the client that it is connected before there is anything to say
	return l
}

// send is false when the client is gone or too slow.
func (l lines) send(doc any) bool {
	_ = l.ctl.SetWriteDeadline(time.Now().Add(l.take))
	return l.json.Encode(doc) == nil && l.ctl.Flush() == nil
}
