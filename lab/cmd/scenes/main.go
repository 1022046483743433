// Command scenes serves the status page of hosts that do not exist, each in a state that the page has to show well: it is what
// `make pages` has a browser look at. It prints the address that it listens on, and ends when its standard input does.
//
// The hosts' clock begins on the second of January 2026, and runs.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"plimsoll/internal/api"
	"plimsoll/internal/page"
	"plimsoll/internal/view"
	"plimsoll/internal/view/xtest"
	"plimsoll/redundancy"
)

// headerTime is for the header of a request: the only client is a browser on this machine.
const headerTime = 10 * time.Second

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "scenes:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	started := time.Now()
	now := func() time.Time { return xtest.At().Add(time.Since(started)) }
	mux := http.NewServeMux()
	for name, s := range scenes() {
		board := &api.Board{}
		p, err := page.New(board, nil, now)
		if err != nil {
			return err
		}
		board.Post(s(0))
		if name != "silent" {
			go judge(ctx, board, s, now) // ends with the program
		}
		mux.Handle("/"+name+"/", http.StripPrefix("/"+name, p))
	}
	if err := fleetPages(mux, now); err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	fmt.Printf("http://%s\n", l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // to its end, which is the driver's
		_ = server.Close()
	}()
	if err := server.Serve(l); err != http.ErrServerClosed { //nolint:errorlint // it is returned as it is
		return err
	}
	return nil
}

// fleetPages serves what arbiters know, beside a host that is well.
func fleetPages(mux *http.ServeMux, now func() time.Time) error {
	falls := &turned{now: now, turn: make(chan struct{})}
	mux.Handle("/turn", falls)
	arbiters := map[string]page.Arbiter{"fleet-turning": falls}
	for name, of := range fleets() {
		arbiters[name] = &arbiter{of, now}
	}
	for name, a := range arbiters {
		board := &api.Board{}
		board.Post(xtest.Quiet())
		p, err := page.New(board, a, now)
		if err != nil {
			return err
		}
		mux.Handle("/"+name+"/", http.StripPrefix("/"+name, p))
	}
	return nil
}

// scene is what a host looks like after so many looks.
type scene func(looks int) *view.View

// scenes are the scenes by name.
func scenes() map[string]scene {
	still := func(v *view.View) scene { return func(int) *view.View { return v } }
	return map[string]scene{
		"quiet": still(xtest.Quiet()), "healthy": still(xtest.Healthy(3, 1)), "faulty": still(xtest.Faulty()),
		"willing": still(xtest.Willing()), "many": still(many()), "hostile": still(hostile()), "silent": still(silent()),
		"changing": changing, "turning": turning,
	}
}

// judge posts what each look finds, as an agent does.
func judge(ctx context.Context, board *api.Board, s scene, now func() time.Time) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for looks := 1; ; looks++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		v := *s(looks)
		v.At = now()
		board.Post(&v)
	}
}

// changing is a host whose activity goes on.
func changing(looks int) *view.View {
	v := xtest.Faulty()
	for _, g := range v.Assessment.Groups {
		if a := g.Group.Activity; a != nil {
			a.Done = min(a.Total, a.Done+uint64(looks))
		}
	}
	return v
}

// turning is a host of which one mirror after the other loses a disk and is well again.
func turning(looks int) *view.View {
	const arrays, each = 3, 2
	v := xtest.Healthy(arrays, 0)
	is := &v.Assessment.Groups[looks/each%arrays]
	is.Group.Members[1].State, is.Group.Members[1].Health = redundancy.Disabled, redundancy.Critical
	is.Verdict = redundancy.Judge(is.Group)
	return v
}

// many is a storage host: a hundred groups and more, and two that are not well.
func many() *view.View {
	const arrays, bonds = 100, 20
	v := xtest.Healthy(arrays, bonds)
	for i, g := range xtest.Faulty().Assessment.Groups[:2] {
		g.Source = v.Assessment.Sources[i].Name
		g.Group.ID += "0" // the mirrors of Healthy are numbered as those of Faulty
		v.Assessment.Groups = append(v.Assessment.Groups, g)
	}
	return v
}

// hostile is a host whose kernel names things as an attacker would.
func hostile() *view.View {
	const evil = `"><img src=x onerror=alert(1)><script>alert(1)</script>`
	v := xtest.Willing()
	v.Host.Name = strings.Repeat(evil, 2)
	for i := range v.Assessment.Groups {
		g := &v.Assessment.Groups[i].Group
		g.Name += evil
		g.ID += redundancy.ID(evil)
		for j := range g.Members {
			g.Members[j].Name += evil
		}
	}
	for i := range v.Recent {
		v.Recent[i].Text, v.Recent[i].ID = evil, evil
	}
	return v
}

// silent is an agent that has not judged anything for ten minutes.
func silent() *view.View {
	const still = 10 * time.Minute
	v := xtest.Faulty()
	v.At = v.At.Add(-still)
	return v
}
