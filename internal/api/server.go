package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"plimsoll/actions"
	"plimsoll/internal/view"
	"plimsoll/redundancy"
)

// Agent is what the pages are made of. Its methods are called from many goroutines. Those that only read
// answer from memory.
type Agent interface {
	View() *view.View         // the newest, nil before the first
	Changed() <-chan struct{} // closed when there is a newer one
	Trace(w io.Writer) error  // the step's inputs so far, as JSON lines
	// Accept takes over these groups, or all, as they are now, and answers once that is durable.
	Accept(ctx context.Context, groups []redundancy.ID, by string) ([]redundancy.Acceptance, error)
	// Order does what a person asks for, and answers once an action has ended, or all else is durable.
	Order(ctx context.Context, o actions.Order) (actions.Outcome, error)
	// Freeze stops every action that has not begun, and Thaw lets the host act again. Both last until the other, or a reboot.
	Freeze(ctx context.Context, why, by string) error
	Thaw(ctx context.Context, by string) error
}

// Options say where to listen and what to serve.
type Options struct {
	Socket    string       // path of the unix socket; empty: none
	Group     string       // who may use it beside the owner, if this host has that group
	Listen    string       // TCP address for metrics and health; empty: none
	WebConfig string       // the exporter toolkit's file for TLS and basic auth on TCP; empty: plain HTTP
	Metrics   http.Handler // serves /metrics
	Page      http.Handler // serves the status page; nil: there is none
	PageOn    PageOn       // where, beside the socket
	Log       *slog.Logger
	Now       func() time.Time // for ages
}

// PageOn is where the status page is served beside the socket.
type PageOn uint8

// The places. On TCP it is for everybody whom WebConfig lets in, and for all the network without one.
const (
	PageOnSocket PageOn = iota
	PageOnTCP
)

// The limits keep a client that is slow, stuck or hostile from costing more than a few buffers.
const (
	headerTime  = 5 * time.Second  // to send the request's header
	requestTime = 10 * time.Second // to send all of the request; none has a body
	answerLimit = 30 * time.Second // to take the answer, except from pages that stream
	idleTime    = 2 * time.Minute  // a kept connection without a request; Prometheus scrapes more often
	headerBytes = 16 << 10         // no client of ours sends more than a few hundred
	atOnceUnix  = 64               // requests in flight on the socket
	streams     = 48               // of these, pages that stream: a room full of people, each with a --watch
	atOnceTCP   = 16               // scrapes in flight
	streamsTCP  = 16               // status pages that are open
	openUnix    = 128              // connections, idle ones too: some 20 KiB each
	openTCP     = 256              // likewise; whoever comes then waits in the kernel's queue
	stopTime    = 2 * time.Second  // for requests in flight when the agent stops
)

var errWebConfig = errors.New("check web config")

// Server is the listening sockets. Serve must be called once.
type Server struct {
	agent Agent
	opts  Options
	unix  net.Listener // nil: none
	tcp   net.Listener // nil: none
}

// Listen opens the sockets, and all of them or none. Its error is a *ListenError, which is
// ErrInUse if another agent has the socket.
func Listen(ctx context.Context, agent Agent, opts Options) (*Server, error) {
	s := &Server{agent: agent, opts: opts}
	if opts.WebConfig != "" {
		if err := web.Validate(opts.WebConfig); err != nil {
			return nil, listenError(opts.Listen, fmt.Errorf("%w %s: %w", errWebConfig, opts.WebConfig, err))
		}
	}
	if opts.Socket != "" {
		l, err := listenUnix(ctx, opts.Socket, opts.Group, opts.Log)
		if err != nil {
			return nil, err
		}
		s.unix = newDoor(l, openUnix)
	}
	if opts.Listen != "" {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", opts.Listen)
		if err != nil {
			return nil, errors.Join(listenError(opts.Listen, err), s.close())
		}
		s.tcp = newDoor(l, openTCP)
	}
	return s, nil
}

// Addr is the TCP address that is listened on, and nil without one.
func (s *Server) Addr() net.Addr {
	if s.tcp == nil {
		return nil
	}
	return s.tcp.Addr()
}

func (s *Server) close() error {
	var errs []error
	for _, l := range []net.Listener{s.unix, s.tcp} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// Serve answers until ctx ends, lets requests in flight finish for a moment, and returns when all it started has ended.
// A listener that breaks ends the other too.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg   sync.WaitGroup
		errs [2]error
	)
	serve := func(err *error, l net.Listener, h http.Handler, accept func(*http.Server) error) {
		if l == nil {
			return
		}
		srv := s.httpServer(ctx, h)
		wg.Go(func() {
			defer cancel()
			if e := accept(srv); !errors.Is(e, http.ErrServerClosed) {
				*err = fmt.Errorf("serve %s: %w", l.Addr(), e)
			}
		})
		wg.Go(func() {
			<-ctx.Done()
			stop(ctx, srv)
		})
	}
	p := pages{
		agent: s.agent, now: s.opts.Now, metrics: s.opts.Metrics, page: s.opts.Page, may: mayAct, take: takeTime,
		streams: make(chan struct{}, streams),
	}
	serve(&errs[0], s.unix, limit(atOnceUnix, local(p.unix())), func(srv *http.Server) error { return srv.Serve(s.unix) })
	open := p
	open.streams = make(chan struct{}, streamsTCP)
	if s.opts.PageOn != PageOnTCP {
		open.page = nil
	}
	serve(&errs[1], s.tcp, limit(atOnceTCP+streamsTCP, open.tcp()), func(srv *http.Server) error {
		if s.opts.WebConfig == "" {
			return srv.Serve(s.tcp)
		}
		return web.Serve(s.tcp, srv, &web.FlagConfig{WebConfigFile: &s.opts.WebConfig}, s.opts.Log)
	})
	wg.Wait()
	return errors.Join(errs[:]...)
}

func (s *Server) httpServer(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       requestTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug), // clients that hang up are no news
		ConnContext:       withPeer,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}

// stop lets requests in flight end, then cuts them. Those that stream see that ctx has ended and return by themselves.
func stop(ctx context.Context, srv *http.Server) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if srv.Shutdown(late) != nil {
		_ = srv.Close() // what is left is cut; there is nobody to tell
	}
}

// limit answers 503 beyond n requests in flight, and gives each one a limited time to take its answer.
func limit(n int, h http.Handler) http.Handler {
	slots := make(chan struct{}, n)
	return within(slots, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerLimit)) // unsupported only in tests
		h.ServeHTTP(w, r)
	})
}

// within answers 503 while all slots are taken.
func within(slots chan struct{}, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			h(w, r)
		default:
			fail(w, http.StatusServiceUnavailable, errBusy)
		}
	}
}
