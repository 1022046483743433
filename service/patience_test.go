package service

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// texts are what speaks against doing verb.
func texts(all []redundancy.Objection, verb actions.Verb) string {
	var out []string
	for _, o := range all {
		if o.Verb == "" || o.Verb == string(verb) {
			out = append(out, o.Text)
		}
	}
	return strings.Join(out, "; ")
}

func TestWhatSpeaksAgainstTouchingAUnit(t *testing.T) {
	t.Parallel()
	const name = "a.service"
	early := "a.service has changed within the last 10s, and systemd counts its starts for as long (StartLimitIntervalSec)"
	for _, tt := range []struct {
		name          string
		raw           Raw
		course        course
		restart, stop string
	}{
		{"nothing", raw(name, "active", "running"), course{}, "", ""},
		{"failed long ago", raw(name, "failed", "failed"), course{bad: 1}, "", ""},
		{"failed just now", raw(name, "failed", "failed", run(2, time.Second)), course{bad: 1}, early, ""},
		{"no limit", raw(name, "failed", "failed", run(2, time.Second), with("StartLimitIntervalUSec", uint64(0))), course{bad: 1}, "", ""},
		{
			"one start is all there is", raw(name, "failed", "failed", with("StartLimitBurst", uint32(1))),
			course{},
			"a.service may be started only once within 10s (StartLimitBurst): that is not ours to use up", "",
		},
		{
			"systemd is at it", raw(name, "activating", "auto-restart"),
			course{},
			"systemd restarts a.service by itself", "systemd restarts a.service by itself",
		},
		{"it starts", raw(name, "activating", "start"), course{}, "a.service is activating", "a.service is activating"},
		{"it stops", raw(name, "deactivating", "stop-sigterm"), course{}, "a.service is deactivating", "a.service is deactivating"},
		{"it reloads", raw(name, "reloading", "reload"), course{}, "a.service is reloading", "a.service is reloading"},
		{
			"a job is queued", raw(name, "active", "running", with("Job", []any{uint32(3), "/"})),
			course{},
			"systemd has a job under way for a.service", "systemd has a job under way for a.service",
		},
		{
			"masked while it runs", raw(name, "active", "running", with("LoadState", "masked")),
			course{},
			"a.service is masked: it could not be started", "",
		},
		{
			"given up by systemd", raw(name, "failed", "failed", with("Result", "start-limit-hit")),
			course{},
			"systemd has given up starting a.service: its start limit is reached", "",
		},
		{
			"given up by systemd after restarts of its own",
			raw(name, "failed", "failed", with("Result", "exit-code"), with("Restart", "always"), with("NRestarts", uint32(5))),
			course{},
			"systemd has given up starting a.service: its start limit is reached", "",
		},
		{
			"failed after restarts of its own, and not given up",
			raw(name, "failed", "failed", with("Result", "exit-code"), with("Restart", "on-failure"), with("NRestarts", uint32(1))),
			course{},
			"", "",
		},
		{
			"the second bad run", raw(name, "active", "running", run(2, 30*time.Second)),
			course{bad: 2},
			"a.service has changed within the last 1m0s, and 2 runs in a row have failed or were sick", "",
		},
		{"a minute later", raw(name, "active", "running", run(2, time.Minute+1000)), course{bad: 2}, "", ""},
		{
			"in vain", raw(name, "active", "running", run(2, time.Hour)),
			course{bad: inVain},
			"4 runs of a.service in a row have failed or were sick: another is not tried before one has been well for 10m0s", "",
		},
		{"unread", Raw{Err: errAway}, course{}, "a.service cannot be read", "a.service cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.course.against(Parse(name, tt.raw), testTime())
			diff(t, "restart", tt.restart, texts(got, actions.ServiceRestart))
			diff(t, "stop", tt.stop, texts(got, actions.ServiceStop))
		})
	}
}

func TestBadRunsAreCountedOnceEachAndForgottenAfterAGoodOne(t *testing.T) {
	t.Parallel()
	var c course
	at := testTime()
	see := func(n byte, restarts uint32, bad bool, later time.Duration) int {
		at = at.Add(later)
		c = c.see(Unit{Invocation: hex.EncodeToString(invocation(n)), Restarts: restarts}, bad, !bad, at)
		return c.bad
	}
	diff(t, "well", 0, see(1, 0, false, 0))
	diff(t, "sick", 1, see(1, 0, true, time.Second))
	diff(t, "still sick", 1, see(1, 0, true, time.Second))
	diff(t, "restarted, well at first", 1, see(2, 0, false, time.Second))
	diff(t, "well for less than it takes", 1, see(2, 0, false, proven-time.Second))
	diff(t, "sick again", 2, see(2, 0, true, time.Second))
	diff(t, "restarted, well", 2, see(3, 0, false, time.Second))
	diff(t, "well for long enough", 0, see(3, 0, false, proven))
	diff(t, "failed, and systemd has restarted it twice unseen", 1, see(5, 2, false, time.Second))
	diff(t, "no more than it takes to give up", inVain, see(200, 200, true, time.Second))
	c = c.see(Unit{Err: "away"}, true, false, at)
	diff(t, "not read", inVain, c.bad)
}

// manager is a systemd with one unit and the start limit of its ratelimit_below (src/basic/ratelimit.c): a window that begins
// with its first start.
type manager struct {
	burst    int
	interval time.Duration

	now, changed time.Duration
	begin        time.Duration
	num          int
	state        string
	result       string
	invocation   byte
	restarts     uint32
}

// start starts the unit if the limit allows it.
func (m *manager) start() bool {
	if m.interval > 0 && m.burst > 0 {
		if m.num == 0 || m.begin+m.interval < m.now {
			m.begin, m.num = m.now, 0
		}
		if m.num++; m.num > m.burst {
			m.become(failed, startLimitHit)
			return false
		}
	}
	m.invocation++
	m.become(active, success)
	return true
}

func (m *manager) become(state, result string) { m.state, m.result, m.changed = state, result, m.now }

func (m *manager) unit() Unit {
	return Unit{
		Name: "a.service", Load: loaded, Active: m.state, Sub: m.state, Result: m.result, Invocation: hex.EncodeToString([]byte{m.invocation}),
		LimitBurst: uint32(m.burst), LimitInterval: m.interval, Lasts: m.now - m.changed, Restarts: m.restarts,
	}
}

func TestAStartOfOursNeverReachesSystemdsLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &manager{
			burst: rapid.IntRange(1, 5).Draw(t, "burst"), interval: time.Duration(rapid.IntRange(0, 90).Draw(t, "interval")) * time.Second,
			now: time.Hour, state: active, result: success,
		}
		var c course
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			m.now += time.Duration(rapid.IntRange(0, 20000).Draw(t, "ms")) * time.Millisecond
			switch rapid.SampledFrom([]string{"look", "look", "fail", "fail and restart", "person"}).Draw(t, "what") {
			case "fail":
				if m.state == active {
					m.become(failed, "signal")
				}
			case "fail and restart":
				if m.state == active && m.start() {
					m.restarts++
				}
			case "person":
				m.start()
			case "look":
				u := m.unit()
				sick := rapid.Bool().Draw(t, "sick")
				bad := u.Active == failed || sick
				c = c.see(u, bad, !bad, testTime().Add(m.now))
				if !bad || texts(c.against(u, testTime()), actions.ServiceRestart) != "" {
					continue
				}
				if !m.start() {
					t.Fatal("our start was refused")
				}
				if m.burst > 0 && m.interval > 0 && m.num >= m.burst {
					t.Fatalf("our start was the last of %d that the limit allows", m.burst)
				}
			}
		}
	})
}
