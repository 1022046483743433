package priv_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/priv"
)

const boot = "0f6f2b1c-7f1e-4a51-9d9e-0b1c2d3e4f50"

func effect(expect priv.State) *priv.Effect {
	return &priv.Effect{Action: "host/log/7", Boot: boot, Deadline: 90 * time.Second, Expect: expect}
}

// md0 is the UUID of an array.
const md0 = "6b8b4567-327b-23c6-643c-986966334873"

// requests are one good request of each verb.
func requests() map[priv.Verb]priv.Request {
	out := map[priv.Verb]priv.Request{
		priv.BondLACP:         {Bond: "bond0"},
		priv.BondPacketSocket: {Bond: "bond0", Member: "eth1", Hear: priv.HearIncoming},
		priv.BondSetActive:    {Bond: "bond0", Member: "eth2", Effect: effect(priv.State{Active: "eth1"})},
		priv.DiskLook:         {Device: "sdaa"},
		priv.DiskSmartctl:     {Device: "0000:03:00.0 megaraid,14"},
		priv.MultipathStatus:  {UUID: "mpath-35000cca0a1b2c301"},
		priv.IPMIRead:         {Commands: [][]byte{{0x28, 0x20}, {0x10, 0x2D, 0x85}}},
		priv.RaidAddSpare:     {Array: md0, Device: "sdc", Effect: effect(priv.State{Place: priv.Outside, Identity: "wwn:0x5000c50000000002"})},
		priv.RaidEvict:        {Array: md0, Device: "sda", Effect: effect(priv.State{Place: "in_sync,write_mostly 0", Identity: "serial:A"})},
		priv.RaidReadmit:      {Array: md0, Device: "nvme0n1p1", Effect: effect(priv.State{Place: "faulty none", Identity: "wwn:eui.1-part1"})},
		priv.RaidReplace:      {Array: md0, Device: "dm-0", Effect: effect(priv.State{Place: "in_sync 11", Identity: "dm:LVM-x"})},
		priv.UnitRestart:      {Unit: "app@1.service", Effect: effect(priv.State{Unit: "failed"})},
		priv.UnitStop:         {Unit: `dev-disk\x2d1.service`, Effect: effect(priv.State{Unit: "active", Invocation: strings.Repeat("0f", 16)})},
	}
	for verb, r := range out {
		r.Version, r.Verb = priv.Version, verb
		out[verb] = r
	}
	return out
}

func encode(tb testing.TB, r priv.Request) []byte {
	tb.Helper()
	b, err := r.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestEveryVerbHasARequestThatArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	all := requests()
	for _, e := range priv.Vocabulary() {
		want, ok := all[e.Verb]
		if !ok {
			t.Errorf("%s is in the vocabulary and not tried here", e.Verb)
			continue
		}
		if e.Writes != (want.Effect != nil) || e.Writes != strings.Contains(e.Takes, "effect") {
			t.Errorf("%s: writes %v, takes %s", e.Verb, e.Writes, e.Takes)
		}
		got, err := priv.DecodeRequest(encode(t, want))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", e.Verb, err, diff)
		}
	}
}

func TestWhatIsNotExactlyARequestIsRefused(t *testing.T) {
	t.Parallel()
	good := string(encode(t, requests()[priv.BondSetActive]))
	with := func(old, now string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return strings.Replace(good, old, now, 1)
	}
	for name, tt := range map[string]struct {
		frame string
		want  priv.Reason
	}{
		"nothing":              {"", priv.ReasonMalformed},
		"no JSON":              {"GET / HTTP/1.1\r\n\r\n", priv.ReasonMalformed},
		"half":                 {good[:len(good)/2], priv.ReasonMalformed},
		"two":                  {good + good, priv.ReasonMalformed},
		"something behind it":  {good + " ", priv.ReasonMalformed},
		"another order":        {with(`"bond":"bond0","member":"eth2"`, `"member":"eth2","bond":"bond0"`), priv.ReasonMalformed},
		"another case":         {with(`"bond"`, `"Bond"`), priv.ReasonMalformed},
		"a key twice":          {with(`"bond":"bond0"`, `"bond":"bond1","bond":"bond0"`), priv.ReasonMalformed},
		"an unknown key":       {with(`"bond":`, `"path":"/sys","bond":`), priv.ReasonMalformed},
		"too long":             {good + strings.Repeat(" ", priv.MaxRequest), priv.ReasonMalformed},
		"deep":                 {strings.Repeat("[", priv.MaxRequest), priv.ReasonMalformed},
		"another version":      {with(`"version":1`, `"version":2`), priv.ReasonVersion},
		"another verb":         {with("bond.set_active", "bond.set_mode"), priv.ReasonVocabulary},
		"a verb's other field": {with(`"member":"eth2"`, `"member":"eth2","unit":"app.service"`), priv.ReasonMalformed},
		"a path for a bond":    {with(`"bond":"bond0"`, `"bond":"../md0"`), priv.ReasonMalformed},
		"a dot for a bond":     {with(`"bond":"bond0"`, `"bond":".."`), priv.ReasonMalformed},
		"a long bond":          {with(`"bond":"bond0"`, `"bond":"bond000000000000"`), priv.ReasonMalformed},
		"a member of lines":    {with(`"member":"eth2"`, `"member":"eth2\nx"`), priv.ReasonMalformed},
		"no effect":            {good[:strings.Index(good, `,"effect"`)] + "}", priv.ReasonMalformed},
		"an action of lines":   {with("host/log/7", `host\n7`), priv.ReasonMalformed},
		"no boot":              {with(boot, ""), priv.ReasonMalformed},
		"no deadline":          {with("90000000000", "0"), priv.ReasonMalformed},
		"a negative deadline":  {with("90000000000", "-1"), priv.ReasonMalformed},
		"a deadline too large": {with("90000000000", "9e99"), priv.ReasonMalformed},
		"nothing expected":     {with(`{"active":"eth1"}`, `{}`), priv.ReasonMalformed},
		"a unit expected":      {with(`{"active":"eth1"}`, `{"active":"eth1","unit":"active"}`), priv.ReasonMalformed},
	} {
		_, err := priv.DecodeRequest([]byte(tt.frame))
		r, ok := errors.AsType[*priv.RefusedError](err)
		if !ok || r.Reason != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestNamesAreNeverPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", "..", "a/b", "/", "a b", "a:b", "a\nb", "a\x00", "bönd0", "0123456789abcdef"} {
		if priv.IsLink(name) {
			t.Errorf("%q could be a link", name)
		}
	}
	for _, name := range []string{
		"", ".service", "app", "app.socket", "app@.service", "../app.service", "a/b.service", "a b.service", "*.service", "app.service\n",
		strings.Repeat("a", 250) + ".service",
	} {
		if priv.IsUnit(name) {
			t.Errorf("%q could be a unit", name)
		}
	}
}

func TestADiskIsNamedAsTheKernelNamesIt(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"sda": true, "sdzz": true, "nvme0": true, "nvme12": true,
		"": false, "sd": false, "sda1": false, "nvme0n1": false, "nvme0n1p1": false, "nvme": false, "vda": false, "dm-0": false,
		"../sda": false, "sda/device": false, "sda\n": false, "SDA": false, "mem": false, "sdabcde": false,
	} {
		if got := priv.IsDisk(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// FuzzDecodeRequest holds the decoder to its promise: what it takes is exactly what Encode writes, and names no path.
func FuzzDecodeRequest(f *testing.F) {
	for _, r := range requests() {
		f.Add(encode(f, r))
	}
	f.Add([]byte(`{"version":1,"verb":"bond.lacp","bond":"..\/..\/etc"}`))
	f.Add([]byte(`{"version":1,"verb":"disk.look","device":"sda1"}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := priv.DecodeRequest(b)
		if err != nil {
			if _, ok := errors.AsType[*priv.RefusedError](err); !ok {
				t.Fatalf("no refusal: %v", err)
			}
			return
		}
		if again := encode(t, r); string(again) != string(b) {
			t.Fatalf("%s became %s", b, again)
		}
		if strings.ContainsAny(r.Bond+r.Member+r.Unit+r.Device, "/\x00\n") || r.Bond == ".." || r.Member == ".." {
			t.Fatalf("a path: %+v", r)
		}
		if e, ok := priv.Known(r.Verb); !ok || e.Writes != (r.Effect != nil) {
			t.Fatalf("%s: in the vocabulary %v, effect %v", r.Verb, ok, r.Effect)
		}
	})
}

// FuzzDecodeAnswer: an answer comes from a program that runs as root, and yet.
func FuzzDecodeAnswer(f *testing.F) {
	b, err := priv.Answer{Outcome: priv.Done, Seen: &priv.State{Active: "eth2"}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1,"outcome":"done","disk":{"protocol":"ata","asleep":true,"said":["x"]},"data":["","AAE="]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := priv.DecodeAnswer(b)
		if err != nil {
			return
		}
		if _, err := a.Encode(); err != nil && len(b) < priv.MaxAnswer/8 {
			t.Fatalf("%s cannot be written: %v", b, err)
		}
	})
}
