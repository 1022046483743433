package page

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
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

// live streams what changes on a page: all of it at first, then what is another than before.
func (p *Page) live(w http.ResponseWriter, r *http.Request, of picture) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that collects would make live late
	ctl := http.NewResponseController(w)
	var has *sheet
	for {
		now := p.now()
		s, newer, err := of.sheet(has, now)
		if err != nil {
			panic("internal error: write the page: " + err.Error())
		}
		if s != nil {
			m := message{Version: p.version, At: s.at, Now: now}
			if s != has {
				m.change(has, s)
			}
			has = s
			_ = ctl.SetWriteDeadline(time.Now().Add(p.take)) // unsupported only in tests
			if !send(w, m) || ctl.Flush() != nil {
				return
			}
		}
		if !wait(r, nil, calm) || !wait(r, newer, beat-calm) {
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

// change is what brings a page from what it has to s.
func (m *message) change(has, s *sheet) {
	if has == nil {
		has = &sheet{says: s.says} // what is so when the page is opened is read there
	}
	m.Set = map[string]string{}
	for id, b := range s.all() {
		if old, there := has.block(id); !there || old.sum != b.sum {
			m.Set[id] = string(b.html)
		}
	}
	if !slices.Equal(s.order, has.order) {
		m.Groups = s.order
	}
	if s.title != has.title {
		m.Title = s.title
	}
	m.Said = said(s.says, has.says)
}

// maxSaid is how many things are read out at once: whoever listens to more hears nothing.
const maxSaid = 3

// saying is something to be read out once.
type saying struct{ id, text string }

// said is what of now was not among before, in words, the newest last.
func said(now, before []saying) []string {
	known := map[string]bool{}
	for _, s := range before {
		known[s.id] = true
	}
	var out []string
	for _, s := range slices.Backward(now) {
		if !known[s.id] && len(out) < maxSaid {
			out = append(out, s.text)
		}
	}
	slices.Reverse(out)
	return out
}
