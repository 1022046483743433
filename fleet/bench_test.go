package fleet

import (
	"fmt"
	"testing"
)

// BenchmarkOfferToAcknowledgement is one event at a time, from Offer to the stream's acknowledgement as the report tells it,
// over the loopback to a server that flushes every message.
func BenchmarkOfferToAcknowledgement(b *testing.B) {
	w := newWorld(b)
	w.cfg.URLs = []string{w.nats.ClientURL()}
	r := w.boot()
	r.Offer(w.log.append("first"))
	r.untilSent(1)
	b.ResetTimer()
	for i := range b.N {
		r.Offer(w.log.append(fmt.Sprintf("e%d", i)))
		r.untilSent(uint64(i) + 2)
	}
}

// BenchmarkBacklog is an outage's worth of events read from the log and stored.
func BenchmarkBacklog(b *testing.B) {
	w := newWorld(b)
	w.cfg.URLs = []string{w.nats.ClientURL()}
	for i := range b.N {
		w.log.append(fmt.Sprintf("e%d", i))
	}
	b.ResetTimer()
	w.boot().untilSent(uint64(b.N))
}

func BenchmarkEncode(b *testing.B) {
	it := event("log1", 1, "md0: sda is Disabled, health Critical")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(testHost, it); err != nil {
			b.Fatal(err)
		}
	}
}
