package page

import (
	"bytes"
	"embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"time"

	"plimsoll/internal/api"
	"plimsoll/internal/view"
)

// Agent is what the page of a host is made of. Both answer from memory.
type Agent interface {
	View() *view.View         // the newest, nil before the first
	Changed() <-chan struct{} // closed when there is a newer one
}

// Arbiter is what the page of a fleet is made of. Both answer from memory.
type Arbiter interface {
	Overview() view.Overview
	Changed() <-chan struct{} // closed when there is another one
}

//go:embed static
var static embed.FS

// policy allows what the page is made of, from where it came from, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// assets are the files beside the page, and their types.
var assets = map[string]string{
	"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "mark.svg": "image/svg+xml",
}

// Page serves the page of the host at api.PathPage, what it is made of below api.PathPageParts, and its stream at
// api.PathPageLive; and that of the fleet at api.PathFleet and api.PathFleetLive where the host is an arbiter. All of it
// is GET and read-only. Its links are relative, so that it may stand below a path of a proxy's.
type Page struct {
	now     func() time.Time
	html    *template.Template
	version string // of what is embedded
	mux     *http.ServeMux
	take    time.Duration // how long a reader may take for one message
}

// New is the page of agent, and of the fleet of arbiter; nil: the host is none. An error means that the program was built wrong.
func New(agent Agent, arbiter Arbiter, now func() time.Time) (*Page, error) {
	p := &Page{now: now, mux: http.NewServeMux(), take: takeTime}
	version := fnv.New64a()
	for name := range assets {
		text, err := static.ReadFile("static/" + name)
		if err != nil {
			return nil, err
		}
		sum := fnv.New64a()
		_, _ = sum.Write(text) // a hash takes everything
		p.mux.HandleFunc("GET "+api.PathPageParts+name, asset(text, assets[name]))
		_, _ = fmt.Fprintf(version, "%d", sum.Sum64())
	}
	p.version = fmt.Sprintf("%x", version.Sum64())
	var err error
	if p.html, err = template.New("page").Funcs(words()).ParseFS(static, "static/*.gohtml"); err != nil {
		return nil, err
	}
	p.serve(api.PathPage+"{$}", api.PathPageLive, face{of: host{p.html, agent}, template: "page", arbiter: arbiter != nil})
	if arbiter != nil {
		p.serve(api.PathFleet, api.PathFleetLive, face{of: &neighbours{html: p.html, arbiter: arbiter}, template: "fleet-page", arbiter: true})
	}
	return p, nil
}

// face is one page.
type face struct {
	of       picture
	template string
	arbiter  bool // there is a page of the fleet
}

// picture is what a page shows.
type picture interface {
	// sheet is what it shows at now; nil: nothing is known yet. was is what the page has that asks, nil: nothing; the same again
	// says that it has all. newer is closed when there is another one.
	sheet(was *sheet, now time.Time) (s *sheet, newer <-chan struct{}, err error)
}

// serve serves a page and its stream.
func (p *Page) serve(path, live string, f face) {
	p.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { p.page(w, f) })
	p.mux.HandleFunc("GET "+live, func(w http.ResponseWriter, r *http.Request) { p.live(w, r, f.of) })
}

// ServeHTTP answers for all paths of the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	p.mux.ServeHTTP(w, r)
}

func asset(text []byte, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache") // a page of another version asks for it anew; some kilobytes, on a socket
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	}
}

// whole is what the page's template is given.
type whole struct {
	frame

	Title   string
	Version string
	Arbiter bool // there is a page of the fleet
	Blocks  map[string]template.HTML
	Groups  []template.HTML
}

func (p *Page) page(w http.ResponseWriter, f face) {
	now := p.now()
	s, _, err := f.of.sheet(nil, now)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if s == nil && err == nil {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = p.html.ExecuteTemplate(w, "starting", nil) // a reader that is gone has no use for the error
		return
	}
	var out bytes.Buffer
	if err == nil {
		whole := s.whole(p.version, now)
		whole.Arbiter = f.arbiter
		err = p.html.ExecuteTemplate(&out, f.template, whole)
	}
	if err != nil {
		panic("internal error: write the page: " + err.Error())
	}
	_, _ = w.Write(out.Bytes()) // a reader that is gone has no use for the error
}
