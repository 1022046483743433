// Package page is the status page: what the agent's documents say of this host, as HTML that a browser shows and keeps up to
// date by itself; and, where the host is an arbiter, the page of its fleet. Each group stands with its members on its load line: the disc is no margin, each tick one more failure that
// the group survives, what is filled surely is and what is hatched may be.
//
// The page is whole as the server sends it. A script of a few lines then takes in what has changed, by server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), and says when nothing comes any more: a page that stands
// still must not look like a host that is well. Nothing is loaded from elsewhere, nothing can be pressed that does anything, and
// the content security policy says so to the browser (https://www.w3.org/TR/CSP3/).
//
// Where to read: page.go (what is served), sheet.go (the pieces, each with an id, in which a page is sent and renewed), host.go and
// fleet.go with pools.go (what they are made of), loadline.go (the drawing), live.go (the stream), static/ (templates, style, script).
//
// What it is not: it judges nothing and keeps nothing; words come from internal/phrase, as those of the command line do. Who may
// see it, and how many at once, is internal/api's.
//
// What it cannot see: what the reader's clock says. Ages are counted from what the server says of its own.
package page
