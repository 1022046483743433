package bootstrap_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/bootstrap/xtest"
	"plimsoll/fleet/wire"
)

// The hostile host has its own valid credentials, and wants to speak as the victim.
const (
	hostile = "db1_example_org"
	victim  = "db2_example_org"
)

// allowed is every subject under which the hostile host may publish.
func allowed() []string {
	out := []string{wire.Subject(xtest.Name, hostile, wire.Event) + ".raid.component.failed"}
	for _, w := range wire.Up() {
		out = append(out, wire.Subject(xtest.Name, hostile, w))
	}
	return append(out, reads()...)
}

// reads are the requests that read the stream, under both of their names.
func reads() []string {
	return []string{
		"$JS.API.STREAM.INFO." + bootstrap.Stream, "$JS.API.STREAM.MSG.GET." + bootstrap.Stream,
		wire.Prefix(xtest.Name) + ".stream.info", wire.Prefix(xtest.Name) + ".stream.get",
	}
}

// targets are the subjects to which it wants something to go.
func targets() []string {
	out := []string{
		wire.Subject(xtest.Name, victim, wire.Event) + ".raid.component.failed",
		wire.Subject(xtest.Name, wire.Fleetwide, wire.Event) + ".fleet.correlation.found",
		wire.OrderSubject(xtest.Name, "alice", "retire"), wire.Subject(xtest.Name, victim, wire.Notice),
		"$KV." + bootstrap.Ledger + ".db", "$KV." + bootstrap.Inventory + "." + victim, "$KV." + bootstrap.Bulletin + ".case.x",
		"$KV." + bootstrap.Baselines + "." + victim, wire.OrderSubject(xtest.Name, "alice", wire.OrderKnown),
		"$JS.API.STREAM.DELETE." + bootstrap.Stream, "$JS.API.STREAM.PURGE." + bootstrap.Stream,
		"$JS.API.STREAM.CREATE.MINE", "$JS.API.CONSUMER.CREATE." + bootstrap.Stream,
		"$JS.API.STREAM.MSG.DELETE." + bootstrap.Stream, "$JS.API.STREAM.UPDATE.KV_" + bootstrap.Ledger,
		"$JS.API.STREAM.SNAPSHOT.KV_" + bootstrap.Ledger, "$JS.API.STREAM.MSG.GET.KV_" + bootstrap.Ledger,
	}
	for _, w := range wire.Up() {
		out = append(out, wire.Subject(xtest.Name, victim, w))
	}
	return out
}

// watch hears all that arrives in STORE under somebody else's name than the hostile host's.
func watch(t *testing.T, f *xtest.Fleet) <-chan string {
	t.Helper()
	nc := f.Connect(bootstrap.Admin, "admin")
	heard := make(chan string, 1000)
	_, err := nc.Subscribe(wire.Root+".>", func(m *nats.Msg) {
		if who, err := wire.Speaker(xtest.Name, m.Subject); err != nil || who != hostile && who != "stream" {
			heard <- fmt.Sprintf("%s %.60q", m.Subject, m.Data)
		}
	})
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return heard
}

// state is what STORE holds of others than the hostile host, and the configurations of what holds it.
func state(t *testing.T, f *xtest.Fleet) []string {
	t.Helper()
	js, err := jetstream.New(f.Connect(bootstrap.Admin, "admin"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for s := range js.ListStreams(t.Context()).Info() {
		stream, err := js.Stream(t.Context(), s.Config.Name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s subjects %v replicas %d age %v", s.Config.Name, s.Config.Subjects, s.Config.Replicas, s.Config.MaxAge))
		for seq := s.State.FirstSeq; seq <= s.State.LastSeq; seq++ {
			m, err := stream.GetMsg(t.Context(), seq)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(m.Subject, wire.Subject(xtest.Name, hostile, wire.Event)) {
				out = append(out, fmt.Sprintf("%s %d %s %s", s.Config.Name, seq, m.Subject, m.Data))
			}
		}
	}
	slices.Sort(out)
	return out
}

// put stores what is then to stay as it is: an event of the victim's, its place in the inventory, and a ledger.
func put(t *testing.T, f *xtest.Fleet) {
	t.Helper()
	host := f.Connect(bootstrap.Host, victim)
	if _, err := host.Request(wire.Subject(xtest.Name, victim, wire.Event)+".raid.component.failed", []byte("true"), patience); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(f.Connect(bootstrap.Admin, "admin"))
	if err != nil {
		t.Fatal(err)
	}
	for bucket, key := range map[string]string{bootstrap.Ledger: "db", bootstrap.Inventory: victim, bootstrap.Bulletin: "case.x", bootstrap.Baselines: victim} {
		kv, err := js.KeyValue(t.Context(), bucket)
		if err == nil {
			_, err = kv.PutString(t.Context(), key, "true")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// attack publishes all that the hostile host can think of, and comes back once the server has taken all of it in.
func attack(t *testing.T, f *xtest.Fleet) {
	t.Helper()
	nc := f.Connect(bootstrap.Host, hostile)
	send := func(m *nats.Msg) {
		m.Data = []byte(`{"last_by_subj":"plimsoll.v1.>"}`)
		if err := nc.PublishMsg(m); err != nil {
			t.Fatalf("publish %s: %v", m.Subject, err)
		}
	}
	for _, target := range targets() {
		send(&nats.Msg{Subject: target})
		send(&nats.Msg{Subject: target, Reply: wire.Inbox(hostile) + ".x"})
		for _, own := range allowed() { // answers, traces and schedules go where the sender says
			send(&nats.Msg{Subject: own, Reply: target})
			for header, value := range map[string]string{
				"Nats-Trace-Dest": target, "Nats-Schedule-Target": target, "Nats-Rollup": "all",
				"Nats-Expected-Last-Subject-Sequence-Subject": target, "Nats-Request-Info": `{"acc":"STORE","svc":"STORE"}`,
			} {
				m := nats.NewMsg(own)
				m.Reply = target
				m.Header.Set(header, value)
				if header == "Nats-Schedule-Target" {
					m.Header.Set("Nats-Schedule", "@at "+time.Now().UTC().Format(time.RFC3339))
				}
				send(m)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// What JetStream answers it does in the order in which it was asked: this comes after all answers to the above.
	for _, ask := range allowed()[:1] {
		if _, err := nc.RequestWithContext(ctx, ask, []byte("last")); err != nil {
			t.Fatalf("the hostile host's own events: %v", err)
		}
	}
	for _, ask := range reads()[:2] {
		if _, err := nc.RequestWithContext(ctx, ask, []byte(`{"seq":1}`)); err != nil {
			t.Fatalf("the hostile host's own reading: %v", err)
		}
	}
}

// literal has HOSTS import the events of two hosts without a wildcard. That is where answers can get through, since the server
// takes the subject for what a wildcard stands for from the message, which is an answer's own. Nothing is to rest on that.
func literal(store, hosts *jwt.AccountClaims) {
	hosts.Imports = slices.DeleteFunc(hosts.Imports, func(i *jwt.Import) bool { return strings.Contains(string(i.Subject), ".event.") })
	for _, s := range []string{wire.Subject(xtest.Name, victim, wire.Event) + ".raid.component.failed", allowed()[0]} {
		hosts.Imports.Add(&jwt.Import{Account: store.Subject, Subject: jwt.Subject(s), Type: jwt.Service})
	}
}

func TestAHostileHostChangesNothingOfAnothersByAnySubjectOrReplySubject(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *xtest.Fleet{
		"one server":                func(tb testing.TB) *xtest.Fleet { tb.Helper(); return xtest.One(tb) },
		"three servers":             xtest.Three,
		"imports without wildcards": func(tb testing.TB) *xtest.Fleet { tb.Helper(); return xtest.One(tb, literal) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, found := range struck(t, start(t)) {
				t.Error(found)
			}
		})
	}
}

// struck is what an attack changes.
func struck(t *testing.T, f *xtest.Fleet) []string {
	t.Helper()
	put(t, f)
	before := state(t, f)
	heard := watch(t, f)
	attack(t, f)
	var out []string
	if diff := cmp.Diff(before, state(t, f)); diff != "" {
		out = append(out, "what STORE holds of others (-before +after):\n"+diff)
	}
	for len(heard) > 0 {
		out = append(out, "STORE hears under another name: "+<-heard)
	}
	return out
}

func TestTheAttackFindsAnAccountWithAnExportForEachService(t *testing.T) {
	t.Parallel()
	each := func(store, hosts *jwt.AccountClaims) {
		store.Exports = slices.DeleteFunc(store.Exports, func(e *jwt.Export) bool { return e.IsService() })
		for _, i := range hosts.Imports {
			if i.IsService() {
				store.Exports.Add(&jwt.Export{Subject: i.Subject, Type: jwt.Service})
			}
		}
		literal(store, hosts)
	}
	if len(struck(t, xtest.One(t, each))) == 0 {
		t.Error("the attack found nothing")
	}
}
