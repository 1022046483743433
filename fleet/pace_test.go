package fleet

import (
	"net"
	"testing"
	"time"
)

// knock has one round of attempts at address, and gives the waits after rounds of them.
func knock(t *testing.T, p *pace, address string, rounds int) []time.Duration {
	t.Helper()
	var waits []time.Duration
	for n := 1; n <= rounds; n++ {
		if conn, err := p.Dial("tcp", address); err == nil {
			_ = conn.Close()
		}
		waits = append(waits, p.wait(n))
	}
	return waits
}

func TestAClosedPortIsTriedOftenAndACrowdedServerEverMoreSeldom(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once or not at all
	if err != nil {
		t.Fatal(err)
	}
	open := l.Addr().String()
	p := &pace{ctx: t.Context(), timeout: time.Minute, retry: 5 * time.Second}
	const rounds = 200
	longest, shortest := time.Duration(0), crowdRetry
	for i, w := range knock(t, p, open, rounds) {
		if most := min(p.retry<<min(i, 4), crowdRetry); w < 0 || w > most {
			t.Errorf("after round %d a wait of %s, at most %s", i+1, w, most)
		}
		if i > 10 {
			longest, shortest = max(longest, w), min(shortest, w)
		}
	}
	// That 189 waits of any length within a minute are all in one half of it has a chance of one in 2 to the 189th.
	if longest < crowdRetry/2 || shortest > crowdRetry/2 {
		t.Errorf("the waits of a crowd are from %s to %s: not spread over a minute", shortest, longest)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for i, w := range knock(t, p, open, rounds) {
		if w > p.retry {
			t.Errorf("a wait of %s after round %d at a closed port", w, i+1)
		}
	}
}

func TestTheFirstRoundAfterALossIsNoCrowd(t *testing.T) {
	t.Parallel()
	p := &pace{ctx: t.Context(), retry: 5 * time.Second, heard: true} // the connection that is lost now
	if w := p.wait(1); w > firstRetry {
		t.Errorf("a wait of %s", w)
	}
}
