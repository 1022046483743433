package fleet

import (
	"fmt"
	"testing"
)

func TestEventsAreStoredInTheOrderOfTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := 1; i <= 100; i++ {
		w.log.append(fmt.Sprintf("e%d", i))
	}
	r := w.boot()
	var last Item
	for i := 101; i <= 200; i++ {
		last = w.log.append(fmt.Sprintf("e%d", i))
		r.Offer(last)
	}
	rep := r.untilSeq(last.Seq)
	w.wantStream(texts(1, 200)...)
	if !rep.Connected || rep.Problem != nil || rep.Sent != 200 || rep.Pending != 0 {
		t.Errorf("report = %+v, want connected, no problem, 200 sent, none pending", rep)
	}
}
