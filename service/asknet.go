package service

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
)

// ours are the errors by which the fault is this host's: it could not ask.
var ours = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, // this program or this host has run out
	syscall.EADDRNOTAVAIL, // of ports
	syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EAFNOSUPPORT,
	syscall.EPERM, syscall.EACCES, // a sandbox or a filter on this side
}

// noAnswer says what an error of the network means: this host could not ask, or who was asked did not answer.
func noAnswer(err error) Answer {
	var dns *net.DNSError
	switch {
	case slices.ContainsFunc(ours, func(own error) bool { return errors.Is(err, own) }):
		return unknown("%v", err)
	case errors.As(err, &dns):
		return unknown("%v", err) // who knows the name was asked in vain, not who has it
	case errors.Is(err, context.Canceled):
		return unknown("%v", err)
	case errors.Is(err, context.DeadlineExceeded):
		return sick("no answer in time")
	default:
		return sick("%v", err)
	}
}

// door asks whether somebody accepts connections at an address.
type door struct{ address string }

func (d door) ask(ctx context.Context) Answer {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return noAnswer(err)
	}
	_ = conn.Close() // it has answered
	return well("connected")
}

// page asks for a URL. 2xx and 3xx are well; a redirect is an answer and is not followed. Each question has a connection of
// its own, since one that is kept says nothing of whether new ones are accepted.
type page struct{ url string }

// pageBytes is how much of a page is read before the connection is closed: enough for what health pages say.
const pageBytes = 64 << 10

func (p page) ask(ctx context.Context) Answer {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return unknown("%v", err)
	}
	request.Header.Set("User-Agent", "plimsoll-check")
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: pageBytes},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return noAnswer(err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, pageBytes))
	_ = response.Body.Close() // nothing is written to it
	switch {
	case err != nil:
		return noAnswer(err)
	case response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusBadRequest:
		return well("%s", response.Status)
	default:
		return sick("%s", response.Status)
	}
}

// name asks a server for the addresses of a name.
type name struct{ DNS }

func (n name) ask(ctx context.Context) Answer {
	resolver := net.Resolver{PreferGo: true}
	if n.Server != "" {
		resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, n.Server)
		}
	}
	found, err := resolver.LookupHost(ctx, n.Name)
	var dns *net.DNSError
	switch {
	case err == nil:
		return well("%s", strings.Join(found, ", "))
	case slices.ContainsFunc(ours, func(own error) bool { return errors.Is(err, own) }), errors.Is(err, context.Canceled):
		return unknown("%v", err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return sick("no such name")
	default:
		return sick("%v", err)
	}
}
