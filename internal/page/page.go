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

// Agent is what the page is made of. Both answer from memory.
type Agent interface {
	View() *view.View         // the newest, nil before the first
	Changed() <-chan struct{} // closed when there is a newer one
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

// Page serves the page at api.PathPage, what it is made of below api.PathPageParts, and its stream at api.PathPageLive. All of it
// is GET and read-only. Its links are relative, so that it may stand below a path of a proxy's.
type Page struct {
	agent   Agent
	now     func() time.Time
	html    *template.Template
	version string // of what is embedded
	mux     *http.ServeMux
	take    time.Duration // how long a reader may take for one message
}

// New is the page of agent. An error means that the program was built wrong.
func New(agent Agent, now func() time.Time) (*Page, error) {
	p := &Page{agent: agent, now: now, mux: http.NewServeMux(), take: takeTime}
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
	if p.html, err = template.New("page.gohtml").Funcs(words()).ParseFS(static, "static/*.gohtml"); err != nil {
		return nil, err
	}
	p.mux.HandleFunc("GET "+api.PathPage+"{$}", p.page)
	p.mux.HandleFunc("GET "+api.PathPageLive, p.live)
	return p, nil
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
	Blocks  map[string]template.HTML
	Groups  []template.HTML
}

func (p *Page) page(w http.ResponseWriter, _ *http.Request) {
	v := p.agent.View()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if v == nil {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = p.html.ExecuteTemplate(w, "starting", nil) // a reader that is gone has no use for the error
		return
	}
	now := p.now()
	s, err := p.render(v, now)
	var out bytes.Buffer
	if err == nil {
		err = p.html.Execute(&out, s.whole(p.version, v.At, now))
	}
	if err != nil {
		panic("internal error: write the page: " + err.Error())
	}
	_, _ = w.Write(out.Bytes()) // a reader that is gone has no use for the error
}
