package page

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

const (
	// takeTime is how long a reader may take for one message; a slower one is cut, and comes again.
	takeTime = 10 * time.Second
	// calm is the least time between two messages: a burst of looks is one change of the page.
	calm = 250 * time.Millisecond
	// beat is the most time between them. A page that has heard nothing for several says that it is old.
	beat = 2 * time.Second
)

// message is what the script takes in.
type message struct {
	Version string            `json:"version"` // of the page: another one is loaded anew
	At      time.Time         `json:"at"`      // when the agent last judged
	Now     time.Time         `json:"now"`     // by the server's clock
	Title   string            `json:"title,omitempty"`
	Set     map[string]string `json:"set,omitempty"`    // blocks that have changed, by id
	Groups  []string          `json:"groups,omitempty"` // the blocks of groups in their order, where that has changed
	Said    []string          `json:"said,omitempty"`   // events since the last message, in words
}

// live streams what changes on the page: all of it at first, then what is another than before.
func (p *Page) live(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that collects would make live late
	ctl := http.NewResponseController(w)
	reader := reader{page: p, sums: map[string]uint64{}}
	for {
		changed := p.agent.Changed()
		if v := p.agent.View(); v != nil {
			m, err := reader.next(v, p.now())
			if err != nil {
				panic("internal error: write the page: " + err.Error())
			}
			_ = ctl.SetWriteDeadline(time.Now().Add(p.take)) // unsupported only in tests
			if !send(w, m) || ctl.Flush() != nil {
				return
			}
		}
		if !wait(r, nil, calm) || !wait(r, changed, beat-calm) {
			return
		}
	}
}

func send(w http.ResponseWriter, m message) bool {
	text, err := json.Marshal(m)
	if err != nil {
		panic("internal error: encode a message: " + err.Error())
	}
	_, err = w.Write(slices.Concat([]byte("data: "), text, []byte("\n\n")))
	return err == nil
}

// wait returns after d, or sooner when changed is closed, and false when the reader or the agent is gone.
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

// reader is one open page, and what it has been sent.
type reader struct {
	page  *Page
	view  *view.View
	title string
	sums  map[string]uint64 // of blocks by id
	order []string          // of groups
	event string            // the newest that it was told of
}

// next is the message that brings the page from what it has to v.
func (r *reader) next(v *view.View, now time.Time) (message, error) {
	m := message{Version: r.page.version, At: v.At, Now: now}
	if v == r.view {
		return m, nil
	}
	s, err := r.page.render(v, now)
	if err != nil {
		return m, err
	}
	m.Set = map[string]string{}
	sums := map[string]uint64{}
	for id, b := range s.all() {
		sums[id] = b.sum
		if old, has := r.sums[id]; !has || old != b.sum {
			m.Set[id] = string(b.html)
		}
	}
	if !slices.Equal(s.order, r.order) {
		m.Groups = s.order
	}
	if s.title != r.title {
		m.Title = s.title
	}
	if r.view != nil {
		m.Said = said(v.Recent, r.event)
	}
	if n := len(v.Recent); n > 0 {
		r.event = v.Recent[n-1].ID
	}
	r.view, r.title, r.order = v, s.title, s.order
	maps.Copy(sums, map[string]uint64{})
	r.sums = sums
	return m, nil
}

// maxSaid is how many events are read out at once: whoever listens to more hears nothing.
const maxSaid = 3

// said are the events after the one with this id, in words, the newest last.
func said(events []redundancy.Event, last string) []string {
	var out []string
	for _, e := range slices.Backward(events) {
		if e.ID == last {
			break
		}
		if e.Notify == redundancy.NotifyNow && len(out) < maxSaid {
			out = append(out, e.Text)
		}
	}
	slices.Reverse(out)
	return out
}
