package fleet

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"syscall"
	"time"
)

const (
	// firstRetry is the wait after the second attempt that went wrong; it doubles from there. The first retry is at once.
	firstRetry = 100 * time.Millisecond
	// crowdRetry is the longest wait for servers that somebody, or a whole fleet, keeps from answering: 10,000 hosts then make
	// 330 attempts a second, for which one core is enough (docs/fleet.md, Sizing).
	crowdRetry = time.Minute
)

// backoff is how long to wait before the attempt after n that went wrong, spread over half of its length so that a fleet
// does not come back in step.
func backoff(n int, most time.Duration) time.Duration {
	if n <= 1 {
		return 0
	}
	wait := firstRetry << min(n-2, 16)
	wait = min(wait, most)
	return wait/2 + rand.N(wait/2+1)
}

// pace is how a connection that is down is tried again. That a port is closed costs nobody anything, and is tried often: the
// server may be back the next moment. A server that listens and comes to nothing has more to do than it can, and an attempt that
// was given up is work for it all the same: there the longest wait doubles with each round, and the wait is any within it.
// All of it is called by the one goroutine that connects.
type pace struct {
	ctx     context.Context // a dial ends with it: a stop does not wait for a server that does not answer
	timeout time.Duration   // of a dial
	retry   time.Duration   // the longest wait for a closed port

	heard  bool // in this round of all servers, one was not a closed port
	crowds int  // how many rounds in a row it was so
}

// Dial is nats.CustomDialer, which has no context of its own.
func (p *pace) Dial(network, address string) (net.Conn, error) {
	dial := net.Dialer{Timeout: p.timeout}
	conn, err := dial.DialContext(p.ctx, network, address)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		p.heard = true
	}
	return conn, err
}

// wait is how long to wait after the nth round of all servers, since the connection was lost, in which none took it.
func (p *pace) wait(n int) time.Duration {
	heard := p.heard && n > 1 // what was heard up to the first round may have been the connection that is lost
	p.heard = false
	if !heard {
		p.crowds = 0
		return backoff(n+1, p.retry)
	}
	p.crowds++
	return rand.N(min(p.retry<<min(p.crowds, 16), max(crowdRetry, p.retry)))
}
