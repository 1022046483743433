package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/fleet/ledger"
)

func TestAGrantRestsOnMoreThanHalfOfTheMembers(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 4)
	if d := l.Decide(start, polled(l, 7, ask("h0", "n1"), "h0", "h1")); keys(d.Reasons) != "majority" {
		t.Errorf("two of four: %v", d.Reasons)
	}
	if d := l.Decide(start, polled(l, 7, ask("h0", "n1"), "h0", "h1", "h1", "stranger")); keys(d.Reasons) != "majority" {
		t.Errorf("two of four, one twice, and a stranger: %v", d.Reasons)
	}
	if d := l.Decide(start, polled(l, 7, ask("h0", "n1"), "h1", "h2", "h3")); keys(d.Reasons) != "majority" {
		t.Errorf("three of four, without who asks: %v", d.Reasons)
	}
	if d := l.Decide(start, polled(l, 7, ask("h0", "n1"), "h0", "h1", "h2")); d.Next == nil {
		t.Errorf("three of four: %v", d.Reasons)
	}
}

func TestOnlyOpinionsOnThisRevisionAndThisAskCount(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 3)
	p := polled(l, 7, ask("h0", "n1"), "h0", "h1", "h2")
	p.Opinions[1].On.Revision = 6
	p.Opinions[2].Nonce = "n0"
	want := []ledger.Reason{
		{Key: "majority", Text: "1 of 3 members said yes, more than half have to"},
		{Key: "min_healthy", Text: "0 others serve, 1 have to"},
	}
	if diff := cmp.Diff(want, l.Decide(start, p).Reasons); diff != "" {
		t.Error(diff)
	}
}

func TestAGrantRestsOnOpinionsThatAreFresh(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 3)
	p := polled(l, 7, ask("h0", "n1"), "h0", "h1", "h2")
	if d := l.Decide(start.Add(ledger.Fresh), p); d.Next == nil {
		t.Errorf("after %s: %v", ledger.Fresh, d.Reasons)
	}
	if d := l.Decide(start.Add(ledger.Fresh+time.Millisecond), p); keys(d.Reasons) != "stale" {
		t.Errorf("later: %v", d.Reasons)
	}
	if d := l.Decide(start.Add(-time.Millisecond), p); keys(d.Reasons) != "stale" {
		t.Errorf("by a clock that ran backwards: %v", d.Reasons)
	}
}

func TestEnoughOthersHaveToServe(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 2, 4)
	p := polled(l, 7, ask("h0", "n1"), l.Members...)
	p.Opinions[0].Serving = ledger.ServingNo // who asks does not count
	p.Opinions[1].Serving = ""
	if d := l.Decide(start, p); d.Next == nil {
		t.Errorf("two others of four: %v", d.Reasons)
	}
	p.Opinions[2].Serving = "perhaps"
	if d := l.Decide(start, p); keys(d.Reasons) != "min_healthy" {
		t.Errorf("one other of four: %v", d.Reasons)
	}
}

func TestOneVetoIsEnough(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 4)
	p := polled(l, 7, ask("h0", "n1"), l.Members...)
	p.Opinions[3] = ledger.Self{Host: "h3", Serving: ledger.ServingYes, Frozen: "the rack is being moved"}.Opine(p.Question)
	want := []ledger.Reason{{Key: "veto", Text: "h3: frozen: the rack is being moved"}}
	if diff := cmp.Diff(want, l.Decide(start, p).Reasons); diff != "" {
		t.Error(diff)
	}
}

func TestLostMarginIsNoVetoAgainstRepairingIt(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 3)
	for _, repairs := range []bool{false, true} {
		a := ask("h0", "n1")
		a.Repairs = repairs
		q := ledger.Question{Ask: a, On: l.At(created, 7)}
		if o := (ledger.Self{Host: "h1", Thin: "md0 is Lost"}).Opine(q); o.Yes != repairs {
			t.Errorf("repairs %v: %+v", repairs, o)
		}
	}
}

func TestAPoolOfTwoGoesByBudgetAndVeto(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 2)
	if d := l.Decide(start, polled(l, 7, ask("h0", "n1"), "h0")); d.Next == nil {
		t.Errorf("the other is silent: %v", d.Reasons)
	}
	if d := l.Decide(start, polled(l, 7, ask("h0", "n1"), "h1")); keys(d.Reasons) != "majority" {
		t.Errorf("who asks is silent: %v", d.Reasons)
	}
	p := polled(l, 7, ask("h0", "n1"), "h0", "h1")
	p.Opinions[1].Veto, p.Opinions[1].Yes = "no", false
	if d := l.Decide(start, p); keys(d.Reasons) != "veto" {
		t.Errorf("the other says no: %v", d.Reasons)
	}
}

func TestWhatItsHostHasGivenUpIsNotGranted(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 3)
	p := polled(l, 7, ask("h0", "n1"), l.Members...)
	p.Opinions[0] = ledger.Self{Host: "h0", Wants: []string{"n2"}}.Opine(p.Question)
	if d := l.Decide(start, p); keys(d.Reasons) != "withdrawn" {
		t.Errorf("refused by %v", d.Reasons)
	}
}

func TestAStoreThatHasForgottenFreezesThePool(t *testing.T) {
	t.Parallel()
	l := pool(t, 1, 1, 3)
	remembers := []ledger.Mark{
		{Created: created, Revision: 8},
		{Created: created.Add(time.Hour), Revision: 2},
		{Created: created, Epoch: 1, Revision: 1},
	}
	for _, m := range remembers {
		p := polled(l, 7, ask("h0", "n1"), l.Members...)
		p.Opinions[2] = ledger.Self{Host: "h2", Remembers: m}.Opine(p.Question)
		d := l.Decide(start, p)
		if d.Freeze == nil || d.Freeze.Cause != ledger.ByRollback || d.Next != nil || p.Opinions[2].Yes {
			t.Errorf("h2 remembers %+v: %+v", m, d)
		}
	}
}

func TestAHolderThatTheStoreDoesNotKnowFreezesThePool(t *testing.T) {
	t.Parallel()
	l := pool(t, 2, 0, 3)
	holds := func(l ledger.Ledger) ledger.Decision {
		p := polled(l, 9, ask("h0", "n1"), l.Members...)
		p.Opinions[2].Holds = []string{"n7"}
		return l.Decide(start, p)
	}
	if d := holds(l); d.Freeze == nil {
		t.Errorf("nothing known: %+v", d)
	}
	l = granted(t, l, 7, ask("h2", "n7"))
	if d := holds(l); d.Next == nil {
		t.Errorf("known: %+v", d)
	}
	if d := holds(must(t)(l.Clear("h2", "ann"))); d.Next == nil {
		t.Errorf("cleared by a person: %+v", d)
	}
}
