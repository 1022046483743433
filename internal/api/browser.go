package api

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// A socket that is forwarded to where a browser runs (ssh -L) can be reached by every page that the browser has open, with the
// rights of whoever forwards it. So what acts is not for browsers, and the socket has no name that anybody can register.

var (
	errBrowser = errors.New("what acts is not for browsers: use the command plimsoll")
	errHost    = errors.New("the socket answers to localhost and to addresses of the loopback interface, not to other names")
)

// browsing says whether a browser sends r on behalf of a page. Browsers set one of these with every POST, and no page can keep
// them from it (https://fetch.spec.whatwg.org/#origin-header).
func browsing(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// local answers requests that call the socket by no name that the DNS could have pointed here: a page of such a name could
// read all of it.
func local(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !localName(r.Host) {
			fail(w, http.StatusMisdirectedRequest, errHost)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// localName says whether host, with or without a port, is a loopback address or one word: localhost, or whatever a client of a
// unix socket makes up. Nobody can register a name of one word.
func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ip.IsLoopback()
	}
	return !strings.Contains(strings.TrimSuffix(host, "."), ".")
}
