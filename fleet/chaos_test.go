package fleet

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/fleet/xtest"
)

// chaos is a host in trouble: its log hangs, its connection is cut, it crashes. Beside it stands what must be true.
type chaos struct {
	*world
	life    *running
	release func() // of the log's hang, nil while it answers
	waiting []Item // told, and not durable: the log hangs
	durable []string
	n       int
	next    uint64 // the log's next place
}

// TestWhateverHappensEachDurableEventIsStoredOnce plays stories at random and then asks of the raw stream: every event that
// the log holds is there once; no event is there twice; all but those that say that they go ahead are in the log's order; and
// only those sent from memory go ahead, unless the publisher has no patience with the log.
func TestWhateverHappensEachDurableEventIsStoredOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := &chaos{world: newWorld(t), next: 1}
		defer c.stopServer()
		c.cfg.Queue = rapid.IntRange(3, 20).Draw(rt, "queue")
		c.cfg.Patience = rapid.SampledFrom([]time.Duration{time.Millisecond, time.Hour}).Draw(rt, "patience")
		c.life = c.boot()
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{
			"event", "event", "event", "event", "hang", "answer", "cut", "lose acks", "crash", "restart server",
		}), 5, 40).Draw(rt, "steps")
		for _, step := range steps {
			c.step(step)
		}
		c.check(rt)
	})
}

func (c *chaos) step(step string) {
	switch step {
	case "event":
		c.event()
	case "hang":
		if c.release == nil {
			c.release = c.log.hangs()
		}
	case "answer":
		c.answer()
	case "cut":
		c.proxy.CutAll()
	case "lose acks":
		var acks atomic.Int32
		c.proxy.Treat(func(fromServer bool, piece []byte) xtest.Fate {
			if fromServer && isAck(piece) && acks.Add(1) == 1 {
				return xtest.Cut
			}
			return xtest.Pass
		})
	case "crash":
		c.crash()
	case "restart server":
		c.stopServer()
		c.startServer()
	}
}

// event tells one more: durable at once, or, while the log hangs, from memory.
func (c *chaos) event() {
	c.n++
	it := event(c.log.id, c.next, fmt.Sprintf("e%d", c.n))
	it.Event.Time = base.AddDate(0, 0, c.n) // another event in the same place has another time
	c.next++
	if c.release != nil {
		c.waiting = append(c.waiting, it)
		c.life.Offer(volatile(it, c.n))
		return
	}
	c.keep(it)
	c.life.Offer(it)
}

func (c *chaos) keep(it Item) {
	c.log.put(it)
	c.durable = append(c.durable, it.Event.Text)
}

// answer ends the log's hang: what waited for it is durable, and every other one is offered again.
func (c *chaos) answer() {
	if c.release == nil {
		return
	}
	for i, it := range c.waiting {
		c.keep(it)
		if i%2 == 0 {
			c.life.Offer(it)
		}
	}
	c.waiting = nil
	c.release()
	c.release = nil
}

// crash kills the publisher. Of what waited for the log the first half has reached it; the places of the others go to other
// events.
func (c *chaos) crash() {
	c.life.kill()
	kept := len(c.waiting) / 2
	for _, it := range c.waiting[:kept] {
		c.keep(it)
	}
	if lost := len(c.waiting) - kept; lost > 0 {
		c.next -= uint64(lost)
	}
	c.waiting = nil
	if c.release != nil {
		c.release()
		c.release = nil
	}
	c.life = c.boot()
}

func (c *chaos) check(rt *rapid.T) {
	c.answer()
	c.proxy.Treat(nil)
	c.event()
	c.life.untilSeq(c.next - 1)
	seen := map[string]int{}
	var order []int
	envelopes := c.raw()
	ahead := map[int]bool{}
	for i, m := range c.messages() {
		e := envelopes[i]
		seen[e.Data.Text]++
		var n int
		if _, err := fmt.Sscanf(e.Data.Text, "e%d", &n); err != nil {
			rt.Fatal(err)
		}
		ahead[n] = readTold(storedMessage{Header: m.Header}).isAhead()
		if !e.Data.Durable {
			ahead[n] = true // of a log that may have lost its place
		} else if ahead[n] && c.cfg.Patience == time.Hour {
			rt.Errorf("e%d is durable and went ahead", n)
		}
		order = append(order, n)
	}
	for text, times := range seen {
		if times != 1 {
			rt.Errorf("%s is in the stream %d times: %v", text, times, order)
		}
	}
	for _, text := range c.durable {
		if seen[text] == 0 {
			rt.Errorf("%s is durable and not in the stream: %v", text, order)
		}
	}
	last := 0
	for _, n := range order {
		if ahead[n] {
			continue
		}
		if n < last {
			rt.Errorf("e%d is stored after e%d: %v", n, last, order)
		}
		last = n
	}
}
