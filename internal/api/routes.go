package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/pprof"
	"time"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// The pages, for clients and for those who wire them.
const (
	PathPage       = "/"          // for people, with a browser
	PathPageParts  = "/page/"     // what it is made of
	PathPageLive   = "/page/live" // what changes on it, streamed
	PathFleet      = "/fleet"     // for people, of the whole fleet, where the host is an arbiter
	PathFleetLive  = "/page/fleet/live"
	PathStatus     = "/status"
	PathEvents     = "/events"
	PathWhatIf     = "/whatif"
	PathSafe       = "/safe-to-pull"
	PathWhy        = "/why"
	PathBaseline   = "/baseline"
	PathDrift      = "/baseline/diff"
	PathHistory    = "/baseline/history"
	PathAccept     = "/accept"
	PathPlan       = "/plan"
	PathFailover   = "/failover"
	PathFailback   = "/failback"
	PathReadmit    = "/readmit"
	PathReplace    = "/replace"
	PathEvict      = "/evict"
	PathAddSpare   = "/add-spare"
	PathFreeze     = "/freeze"
	PathThaw       = "/thaw"
	PathMaintain   = "/maintenance"
	PathResume     = "/resume"
	PathRelease    = "/release"
	PathDrill      = "/drill"
	PathMetrics    = "/metrics"
	PathHealthy    = "/-/healthy"
	PathReady      = "/-/ready"
	PathAssessment = "/debug/assessment"
	PathSnapshot   = "/debug/snapshot"
	PathTrace      = "/debug/trace"
	pathPprof      = "/debug/pprof/"
)

var (
	errBusy     = errors.New("too many requests at once")
	errStarting = errors.New("the agent has not finished its first look")
	errNoID     = errors.New("ask after something: ?id=md0")
	errNoLost   = errors.New("name what is lost: ?lost=sda")
)

// pages are the handlers.
type pages struct {
	agent   Agent
	now     func() time.Time
	metrics http.Handler
	page    http.Handler    // nil: there is none
	may     func(peer) bool // who may act
	take    time.Duration   // how long a client that follows may take for one line
	streams chan struct{}   // has a place for each client that may follow at once
}

// tcp is what the network may see.
func (p pages) tcp() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+PathMetrics, p.metrics)
	mux.HandleFunc("GET "+PathHealthy, healthy)
	mux.HandleFunc("GET "+PathReady, p.ready)
	p.statusPage(mux)
	return mux
}

// statusPage serves the page for people, if there is one.
func (p pages) statusPage(mux *http.ServeMux) {
	if p.page == nil {
		return
	}
	mux.Handle("GET "+PathPage+"{$}", p.page)
	mux.Handle("GET "+PathPageParts, p.page)
	mux.Handle("GET "+PathFleet, p.page)
	for _, live := range []string{PathPageLive, PathFleetLive} {
		mux.Handle("GET "+live, within(p.streams, p.page.ServeHTTP))
	}
}

// unix is all there is.
func (p pages) unix() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+PathMetrics, p.metrics)
	mux.HandleFunc("GET "+PathHealthy, healthy)
	mux.HandleFunc("GET "+PathReady, p.ready)
	p.statusPage(mux)
	mux.HandleFunc("GET "+PathStatus, p.following(p.statuses, p.document(p.status)))
	mux.HandleFunc("GET "+PathEvents, p.following(p.events, p.events))
	mux.HandleFunc("GET "+PathWhatIf, p.document(whatIf))
	mux.HandleFunc("GET "+PathSafe, p.document(safe))
	mux.HandleFunc("GET "+PathWhy, p.document(p.why))
	mux.HandleFunc("GET "+PathBaseline, p.document(baseline))
	mux.HandleFunc("GET "+PathDrift, p.document(drift))
	mux.HandleFunc("GET "+PathHistory, p.document(history))
	mux.HandleFunc("GET "+PathAccept, p.document(proposal))
	mux.HandleFunc("POST "+PathAccept, p.acting(p.accept))
	mux.HandleFunc("GET "+PathPlan, p.document(p.plan))
	mux.HandleFunc("POST "+PathFailover, p.act(there))
	mux.HandleFunc("POST "+PathFailback, p.act(back))
	for path, verb := range map[string]actions.Verb{
		PathReadmit: actions.RaidReadmit, PathReplace: actions.RaidReplace, PathEvict: actions.RaidEvict, PathAddSpare: actions.RaidAddSpare,
	} {
		mux.HandleFunc("POST "+path, p.act(alone(verb)))
	}
	mux.HandleFunc("POST "+PathFreeze, p.acting(p.freeze))
	mux.HandleFunc("POST "+PathThaw, p.acting(p.thaw))
	mux.HandleFunc("POST "+PathMaintain, p.acting(p.maintain))
	mux.HandleFunc("POST "+PathResume, p.acting(p.resume))
	mux.HandleFunc("POST "+PathRelease, p.acting(p.release))
	mux.HandleFunc("POST "+PathDrill, p.acting(p.drill))
	mux.HandleFunc("GET "+PathAssessment, p.document(func(v *view.View, _ *http.Request) (any, error) { return v.Assessment, nil }))
	mux.HandleFunc("GET "+PathSnapshot, p.document(func(v *view.View, _ *http.Request) (any, error) { return v.Snapshot, nil }))
	mux.HandleFunc("GET "+PathTrace, p.trace)
	mux.HandleFunc("GET "+pathPprof, unhurried(pprof.Index))
	mux.HandleFunc("GET "+pathPprof+"cmdline", pprof.Cmdline)
	mux.HandleFunc("GET "+pathPprof+"profile", unhurried(pprof.Profile))
	mux.HandleFunc("GET "+pathPprof+"symbol", pprof.Symbol)
	mux.HandleFunc("GET "+pathPprof+"trace", unhurried(pprof.Trace))
	return mux
}

// unhurried lifts the time limit of an answer that is slow by purpose.
func unhurried(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		h(w, r)
	}
}

// document answers with the JSON document that of makes of the newest view.
func (p pages) document(of func(*view.View, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := p.agent.View()
		if v == nil {
			fail(w, http.StatusServiceUnavailable, errStarting)
			return
		}
		doc, err := of(v, r)
		if err != nil {
			fail(w, codeOf(err), err)
			return
		}
		answer(w, http.StatusOK, doc)
	}
}

func codeOf(err error) int {
	var name *NameError
	if errors.As(err, &name) && len(name.Matches) == 0 {
		return http.StatusNotFound
	}
	if _, awaited := errors.AsType[*AwaitedError](err); awaited {
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

// following answers by stream if the client asks to follow, and by once if not.
func (p pages) following(stream, once http.HandlerFunc) http.HandlerFunc {
	stream = within(p.streams, stream)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("follow") {
			stream(w, r)
		} else {
			once(w, r)
		}
	}
}

func (p pages) status(v *view.View, _ *http.Request) (any, error) { return NewStatus(v, p.now()), nil }

func (p pages) why(v *view.View, r *http.Request) (any, error) {
	word := r.URL.Query().Get("id")
	if word == "" {
		return nil, errNoID
	}
	switch l, alone, err := FindLone(v, word); {
	case err != nil:
		return nil, err
	case alone:
		return NewWhyLone(v, l, p.now()), nil
	}
	g, member, err := Find(v, word)
	if err != nil {
		return nil, err
	}
	return NewWhy(v, g, member, p.now()), nil
}

func whatIf(v *view.View, r *http.Request) (any, error) {
	ids, err := lostIn(v, r)
	if err != nil {
		return nil, err
	}
	return NewWhatIf(v, ids), nil
}

func safe(v *view.View, r *http.Request) (any, error) {
	ids, err := lostIn(v, r)
	if err != nil {
		return nil, err
	}
	return NewSafe(v, ids), nil
}

// lostIn is what a request names.
func lostIn(v *view.View, r *http.Request) ([]redundancy.ID, error) {
	var lost []redundancy.ID
	for _, word := range r.URL.Query()["lost"] {
		ids, err := Lost(v, word)
		if err != nil {
			return nil, err
		}
		lost = append(lost, ids...)
	}
	if len(lost) == 0 {
		return nil, errNoLost
	}
	return lost, nil
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("plimsolld is alive.\n")) // a client that is gone has no use for the error
}

// ready says whether every source has told what it sees, or why it can't.
func (p pages) ready(w http.ResponseWriter, _ *http.Request) {
	v := p.agent.View()
	if v == nil {
		fail(w, http.StatusServiceUnavailable, errStarting)
		return
	}
	for _, src := range v.Snapshot.Sources {
		if src.At.IsZero() && src.Failing == "" && !src.Overdue {
			fail(w, http.StatusServiceUnavailable, errStarting)
			return
		}
	}
	_, _ = w.Write([]byte("plimsolld is ready.\n"))
}

func (p pages) trace(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", typeLines)
	if err := p.agent.Trace(w); err != nil {
		panic(http.ErrAbortHandler) // half a trace must not look like a whole one
	}
}

const (
	typeJSON  = "application/json"
	typeLines = "application/x-ndjson"
)

// Problem is the document that tells of an error.
type Problem struct {
	Text   string `json:"error"`
	Advice string `json:"hint,omitempty"`
}

func answer(w http.ResponseWriter, code int, doc any) {
	body, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic("internal error: encode a document: " + err.Error())
	}
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // a client that is gone has no use for the error
}

func newProblem(err error) Problem {
	doc := Problem{Text: err.Error()}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		doc.Advice = h.Hint()
	}
	return doc
}

func fail(w http.ResponseWriter, code int, err error) { answer(w, code, newProblem(err)) }
