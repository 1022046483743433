package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"plimsoll/fleet/ledger"
)

func TestALedgerIsStoredInOneForm(t *testing.T) {
	t.Parallel()
	l := must(t)(granted(t, pool(t, 1, 1, 2), 7, ask("h0", "n1")).Freeze(ledger.Freeze{Cause: ledger.ByHand, Why: "switch", By: "ann"}))
	raw, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"pool":"db","epoch":0,"budget":1,"min_healthy":1,"members":["h0","h1"],` +
		`"entries":[{"host":"h0","nonce":"n1","action":"service.restart web","phase":"granted","token":7}],` +
		`"frozen":[{"cause":"hand","why":"switch","by":"ann"}],"last":{"what":"frozen","by":"ann","why":"hand: switch"}}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}

func TestWhatIsNotExactlyALedgerIsRefused(t *testing.T) {
	t.Parallel()
	good := `{"pool":"db","epoch":0,"budget":1,"min_healthy":0,"members":["h0","h1"],"entries":[],"frozen":[],"last":{"what":"made"}}`
	if _, err := ledger.Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Parse([]byte(strings.ReplaceAll(good, ",", ",\n\t"))); err != nil {
		t.Errorf("white space: %v", err)
	}
	entry := func(s string) string { return strings.Replace(good, `"entries":[]`, `"entries":[`+s+`]`, 1) }
	tests := map[string]string{
		"nothing":               "",
		"an unknown key":        strings.Replace(good, `"epoch":0`, `"epoch":0,"lease":9`, 1),
		"a key in capitals":     strings.Replace(good, `"epoch"`, `"Epoch"`, 1),
		"a key twice":           strings.Replace(good, `"budget":1`, `"budget":9,"budget":1`, 1),
		"something after it":    good + good,
		"no budget":             strings.Replace(good, `"budget":1`, `"budget":0`, 1),
		"a negative number":     strings.Replace(good, `"min_healthy":0`, `"min_healthy":-1`, 1),
		"members not in order":  strings.Replace(good, `"h0","h1"`, `"h1","h0"`, 1),
		"a member twice":        strings.Replace(good, `"h0","h1"`, `"h0","h0"`, 1),
		"a wildcard for a name": strings.Replace(good, `"h1"`, `"h>"`, 1),
		"no deed":               strings.Replace(good, `"made"`, `""`, 1),
		"an entry of a stranger": entry(
			`{"host":"h9","nonce":"n","action":"a","phase":"granted","token":1}`),
		"a phase nobody knows": entry(`{"host":"h0","nonce":"n","action":"a","phase":"done","token":1}`),
		"a nonce with a space": entry(`{"host":"h0","nonce":"n n","action":"a","phase":"granted","token":1}`),
		"an entry twice": entry(`{"host":"h0","nonce":"n","action":"a","phase":"granted","token":1},` +
			`{"host":"h0","nonce":"n","action":"a","phase":"granted","token":2}`),
		"too much": strings.Replace(good, `"made"`, `"made"`+strings.Repeat(" ", 1<<20), 1),
	}
	for name, raw := range tests {
		if l, err := ledger.Parse([]byte(raw)); !errors.Is(err, ledger.ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}

func TestWhatIsSaidToPeopleIsOneShortLine(t *testing.T) {
	t.Parallel()
	for _, s := range []string{strings.Repeat("ä", 400), "two\nlines\x00", "\xff broken", ""} {
		l := must(t)(pool(t, 1, 1, 1).Freeze(ledger.Freeze{Cause: ledger.ByHand, Why: ledger.Clip(s), By: "ann"}))
		if _, err := l.Encode(); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	l := granted(f, pool(f, 2, 1, 3), 7, ask("h0", "n1"))
	raw, err := l.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"pool":"db","epoch":0,"budget":1,"min_healthy":0,"members":[],"entries":[],"frozen":[],"last":{"what":"made"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := ledger.Parse(raw)
		if err != nil {
			if !errors.Is(err, ledger.ErrMalformed) {
				t.Errorf("no sentinel in %v", err)
			}
			return
		}
		again, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ledger.Parse(again); err != nil || len(back.Entries) != len(l.Entries) {
			t.Errorf("%s reads back as %+v: %v", again, back, err)
		}
	})
}
