package config_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

func TestProblemsNameFileLineKeyAndWhatWasExpected(t *testing.T) {
	t.Parallel()
	const duration = "a duration with a unit, such as 500ms, 10s or 5m"
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key with a slip", "version: 1\nnats:\n  ulrs: []", `f:3:3: nats.ulrs: unknown key; did you mean nats.urls?`},
		{"unknown key that lives elsewhere", "version: 1\nurls: []", `f:2:1: urls: unknown key; did you mean nats.urls?`},
		{"unknown key with dashes", "version: 1\nweb-config-file: /x", `f:2:1: web-config-file: unknown key; did you mean web_config_file?`},
		{"unknown key like nothing", "version: 1\nsettle: {tape: {worse: 1s}}", `f:2:10: settle.tape: unknown key; want one of raid, bond, service, disk, hwmon, multipath, power`},
		{"wrong type: list for a duration", "version: 1\nlooks: {raid: {every: [1s]}}", `f:2:23: looks.raid.every: a list; want ` + duration},
		{"wrong type: text for keys", "version: 1\nlooks: often", `f:2:8: looks: the text "often"; want keys with values`},
		{"wrong type: text for a list", "version: 1\nnats: {urls: nats://h}", `f:2:14: nats.urls: the text "nats://h"; want a list, such as [a, b]`},
		{"wrong type: number for text", "version: 1\nhost: {labels: {rack: 12}}", `f:2:23: host.labels.rack: the number 12; want text; did you mean "12"?`},
		{"wrong type: boolean for text", "version: 1\nhost: {name: true}", `f:2:14: host.name: the boolean true; want text; did you mean "true"?`},
		{"wrong type: yes for a boolean", "version: 1\nnats: {embedded: yes}", `f:2:18: nats.embedded: the text "yes"; want true or false`},
		{"wrong type: text for a number", "version: 1\nflap: {count: five}", `f:2:15: flap.count: the text "five"; want a whole number`},
		{"number too large for any", "version: 1\nflap: {count: 99999999999999999999}", `f:2:15: flap.count: the number 99999999999999999999; want a whole number`},
		{"no value", "version: 1\nlisten:", `f:2:8: listen: no value; want text, or no such line`},
		{"duration without a unit", "version: 1\nlooks: {raid: {every: 10}}", `f:2:23: looks.raid.every: the duration "10" has no unit; want ` + duration + `; did you mean 10s?`},
		{"duration of words", "version: 1\nlooks: {raid: {every: often}}", `f:2:23: looks.raid.every: the text "often"; want ` + duration},
		{"duration out of range", "version: 1\nlooks: {raid: {every: 10ms}}", `f:2:23: looks.raid.every: 10ms is out of range; want 1s to 24h`},
		{"negative duration", "version: 1\nsettle: {bond: {worse: -1s}}", `f:2:24: settle.bond.worse: -1s is out of range; want 0s to 1h`},
		{"number out of range", "version: 1\nflap: {count: -1}", `f:2:15: flap.count: -1 is out of range; want 0 to 100`},
		{"bad word", "version: 1\nlog: {level: worn}", `f:2:14: log.level: "worn"; want one of debug, info, warn, error; did you mean warn?`},
		{"mode", "version: 1\nmode: enforced", `f:2:7: mode: "enforced"; want one of observe, enforce; did you mean enforce?`},
		{"other version", "version: 2", `f:1:10: version: 2 is out of range; want 1`},
		{"missing version", "mode: observe", `f:1:1: version: missing; want 1`},
		{"empty file", "# nothing\n", `f:1:1: version: missing; want 1`},
		{"no mapping at all", "hello", `f:1:1: the text "hello"; want keys with values`},
		{"key twice", "version: 1\nmode: observe\nmode: observe", `f:3:1: mode: given twice, first on line 2; want it once`},
		{"label twice", "version: 1\nhost: {labels: {a: x, a: y}}", `f:2:23: host.labels.a: given twice, first on line 2; want it once`},
		{"relative path", "version: 1\nstate: state", `f:2:8: state: "state"; want an absolute path`},
		{"long socket", "version: 1\nsocket: /" + strings.Repeat("x", 107), `f:2:9: socket: "/` + strings.Repeat("x", 107) + `"; want an absolute path of at most 107 bytes`},
		{"port alone", "version: 1\nlisten: \"9877\"", `f:2:9: listen: "9877"; want an address with a port, such as ":9877" or "127.0.0.1:9877"; or "" for none`},
		{"port too large", "version: 1\nlisten: \":98770\"", `f:2:9: listen: ":98770"; want an address with a port, such as ":9877" or "127.0.0.1:9877"; or "" for none`},
		{"host name with underscore", "version: 1\nhost: {name: db_1}", `f:2:14: host.name: "db_1"; want letters, digits, "-" and ".", no "_"; or "" for the system's host name`},
		{"fleet with a dot", "version: 1\nnats: {fleet: a.b}", `f:2:15: nats.fleet: "a.b"; want lower-case letters, digits and "-", at most 63`},
		{"second URL wrong", "version: 1\nnats: {urls: [\"nats://a\", \"http://b\"]}", `f:2:27: nats.urls[1]: "http://b"; want nats://HOST:PORT, tls://HOST:PORT, ws:// or wss://`},
		{"embedded and remote", "version: 1\nnats: {urls: [\"nats://a\"], embedded: true}", `f:2:38: nats.embedded: true beside nats.urls; want one of the two`},
		{"fleet without servers", "version: 1\nfleet: {register: true}", `f:2:8: fleet: register or arbiter without nats.urls; want the servers of the fleet in nats.urls`},
		{"pools of nobody", "version: 1\nfleet: {pools: [db]}", `f:2:16: fleet.pools: pools of a host that does not register; want fleet.register: true`},
		{"arbiter as its host", "version: 1\nnats: {urls: [\"nats://a\"]}\nfleet: {arbiter: true}", `f:3:18: fleet.arbiter: true without credentials of its own; want fleet.arbiter_credentials, as plimsoll fleet bootstrap makes them`},
		{"pool's name", "version: 1\nnats: {urls: [\"nats://a\"]}\nfleet: {register: true, pools: [a.b]}", `f:3:33: fleet.pools[0]: "a.b"; want lower-case letters, digits and "-", at most 63`},
		{"certificate without key", "version: 1\nnats: {tls: {cert: /c}}", `f:2:13: nats.tls: cert without key, or key without cert; want both or neither`},
		{"label name", "version: 1\nhost: {labels: {1st: x}}", `f:2:22: host.labels.1st: a label cannot have this name; want a letter, then letters, digits, ".", "_" and "-", at most 63`},
		{"control characters in a value", "version: 1\nstate: \"/a\\nb\"", `f:2:8: state: "/a\nb" has control characters in it; want plain text`},
		{"rule without a name", "version: 1\npolicy: [{do: none}]", `f:2:10: policy[0].name: ""; want a lower-case letter, then lower-case letters, digits and "-", at most 63`},
		{"rule that does nothing", "version: 1\npolicy: [{name: a}]", `f:2:10: policy[0].do: ""; want one of none, netbond.failover, raid.readmit, raid.replace, raid.add_spare, service.restart, service.stop, hook, signal.weight, signal.drain, signal.down`},
		{"rule with a slip in a verb", "version: 1\npolicy: [{name: a, do: raid.replac}]", `f:2:24: policy[0].do: "raid.replac"; want one of none, netbond.failover, raid.readmit, raid.replace, raid.add_spare, service.restart, service.stop, hook, signal.weight, signal.drain, signal.down; did you mean raid.replace?`},
		{"rule with a slip in a key", "version: 1\npolicy: [{name: a, do: none, wen: {}}]", `f:2:30: policy[0].wen: unknown key; did you mean policy[0].when?`},
		{"rule for what no room reads", "version: 1\npolicy: [{name: a, do: none, when: {kind: power}}]", `f:2:43: policy[0].when.kind[0]: "power"; want one of bond, raid, service`},
		{"rule for what cannot be done there", "version: 1\npolicy: [{name: a, do: raid.replace, when: {kind: bond}}]\nhelper: {raid: {replace: [6b8b4567-327b-23c6-643c-986966334873]}}", `f:2:51: policy[0].when.kind: raid.replace cannot be done to any of these; want raid`},
		{"event that leaves nothing behind", "version: 1\npolicy: [{name: a, do: none, when: {event: activity.finished}}]", `f:2:44: policy[0].when.event[0]: "activity.finished"; want one of component.failed, component.missing, component.predicted, redundancy.degraded, redundancy.lost, redundancy.failed`},
		{"status that always holds", "version: 1\npolicy: [{name: a, do: none, when: {status: Unknown}}]", `f:2:45: policy[0].when.status[0]: "Unknown"; want one of FullyRedundant, Degraded, Lost, Failed, NotRedundant`},
		{"array that may be replaced in nowhere", "version: 1\npolicy: [{name: a, do: raid.replace}]", `f:2:24: policy[0].do: raid.replace, and helper.raid.replace lists nothing; want the arrays there too`},
		{"array by its name", "version: 1\nhelper: {raid: {replace: [md0]}}", `f:2:27: helper.raid.replace[0]: "md0"; want the UUID of an md array, as mdadm --detail or /sys/block/md0/md/uuid has it`},
		{"disk by its name", "version: 1\nhelper: {raid: {pool: [sda]}}", `f:2:24: helper.raid.pool[0]: "sda"; want the identity of a disk by its worldwide name, such as wwn:0x5000c500a1b2c3d4`},
		{"reach without a pool", "version: 1\npolicy: [{name: a, do: raid.replace, reach: fleet}]\nhelper: {raid: {replace: [6b8b4567-327b-23c6-643c-986966334873]}}", `f:2:10: policy[0].pool: reach: fleet without a pool, or a pool without it; want both or neither`},
		{"two rules of one name", "version: 1\npolicy: [{name: a, do: none}, {name: a, do: none}]", `f:2:38: policy[1].name: "a" names policy[0] already; want a name of its own`},
		{"name of a built-in rule", "version: 1\npolicy: [{name: builtin-path, do: none}]", `f:2:17: policy[0].name: a name of the rules built in; want one that does not begin with builtin-`},
		{"label without a value", "version: 1\npolicy: [{name: a, do: none, when: {labels: {rack: []}}}]", `f:2:52: policy[0].when.labels.rack: no value, which no host has; want one or more, or no such line`},
		{"threshold of zero", "version: 1\npolicy: [{name: a, do: none, migration_threshold: 0}]", `f:2:51: policy[0].migration_threshold: 0 is out of range; want 1 to 16`},
		{"hook that is not there", "version: 1\nhooks: {page: {argv: [/bin/true]}}\npolicy: [{name: a, do: hook, hook: pager}]", `f:3:36: policy[0].hook: no hook is named "pager"; want a name under hooks; did you mean page?`},
		{"hook without a name", "version: 1\npolicy: [{name: a, do: hook}]", `f:2:10: policy[0].hook: do: hook without a hook, or a hook without it; want both or neither`},
		{"hook of another verb", "version: 1\nhooks: {page: {argv: [/bin/true]}}\npolicy: [{name: a, do: none, hook: page}]", `f:3:36: policy[0].hook: do: hook without a hook, or a hook without it; want both or neither`},
		{"hook that is nothing", "version: 1\nhooks: {page: {timeout: 1s}}", `f:2:15: hooks.page: argv and url, or neither; want one of the two`},
		{"hook that is both", "version: 1\nhooks: {page: {argv: [/x], url: https://h}}", `f:2:15: hooks.page: argv and url, or neither; want one of the two`},
		{"hook by way of the path", "version: 1\nhooks: {page: {argv: [page.sh]}}", `f:2:23: hooks.page.argv[0]: a program that is not named by its path; want an absolute path; there is no shell`},
		{"hook of a name to quote", "version: 1\nhooks: {Page me: {argv: [/x]}}", `f:2:18: hooks.Page me: a hook cannot have this name; want a lower-case letter, then lower-case letters, digits and "-", at most 63`},
		{"webhook in the clear", "version: 1\nhooks: {page: {url: \"http://pager.example/s3cr3t\"}}", `f:2:21: hooks.page.url: "http://pager.example/…"; want https://HOST/…, or http:// to this host, without user and password`},
		{"webhook with a password", "version: 1\nhooks: {page: {url: \"https://me:s3cr3t@pager.example?t=s3cr3t\"}}", `f:2:21: hooks.page.url: "https://pager.example/…"; want https://HOST/…, or http:// to this host, without user and password`},
		{"hook with authorization for nobody", "version: 1\nhooks: {page: {argv: [/x], authorization_file: /t}}", `f:2:48: hooks.page.authorization_file: given without a url; want no such line`},
		{"hook that takes too long", "version: 1\nhooks: {page: {argv: [/x], timeout: 2m}}", `f:2:37: hooks.page.timeout: 2m0s is out of range; want 100ms to 1m`},
		{"anchor", "version: 1\nlooks: {raid: &r {every: 1m}}", `f:2:15: looks.raid: the anchor &r; want the value alone`},
		{"tag", "version: 1\nmode: !!str observe", `f:2:7: mode: the tag !!str; want the value alone`},
		{"merge key", "version: 1\n<<: {mode: observe}", `f:2:1: <<: unknown key; want one of version, mode, host, nats, fleet, listen, status_page, metrics, web_config_file, socket, state, path, looks, settle, boot_grace, flap, scrub, disk, power, services, probes, policy, hooks, signal, helper, log`},
		{"list as a key", "version: 1\n[a]: b", `f:2:1: a list as a key; want a word`},
		{"tab", "version: 1\nlooks:\n\traid: {every: 1m}", `f:3:1: a tab in the indentation; want spaces`},
		{"second document", "version: 1\n---\nmode: observe", `f:2:1: a second document; want one document, without '---' in the middle`},
		{"not YAML", "version: 1\nmode: [observe", `f:2:1: not YAML: did not find expected ',' or ']'`},
		{"binary", "version: 1\nmode: \xff", `f:2:7: the byte 0xff; want text in UTF-8`},
		{"zero byte", "version: 1\n\x00", `f:2:1: the byte 0x00; want text in UTF-8`},
		{"huge", "version: 1\n#" + strings.Repeat("x", 1<<20), `f:1:1: the file is too large; want at most 1048576 bytes`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f", []byte(tt.text))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAliasNamesTheAliasAndItsAnchor(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("f", []byte("version: 1\nlooks:\n  raid: &a {every: 1m}\n  bond: *a\n"))
	want := "f:3:9: looks.raid: the anchor &a; want the value alone\nf:4:9: looks.bond: the alias *a; want the value itself"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAllProblemsAreReportedAtOnceInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("f", []byte(`version: 1
mode: enforced
looks:
  raid: {evry: 10s, deadline: 5}
log: {level: loud}
lisen: ":1"
`))
	want := `f:2:7: mode: "enforced"; want one of observe, enforce; did you mean enforce?
f:4:10: looks.raid.evry: unknown key; did you mean looks.raid.every?
f:4:31: looks.raid.deadline: the duration "5" has no unit; want a duration with a unit, such as 500ms, 10s or 5m; did you mean 5s?
f:5:14: log.level: "loud"; want one of debug, info, warn, error
f:6:1: lisen: unknown key; did you mean listen?`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e, ok := errors.AsType[*config.Error](err); !ok || len(e.Problems) != 5 || e.Hint() == "" {
		t.Errorf("got %#v, want five problems and a hint", e)
	}
}

func TestAFileThatMayNotBeReadIsNoReasonToWriteANewOne(t *testing.T) {
	t.Parallel()
	e := &config.Error{File: "f", Cause: fs.ErrPermission}
	if hint := e.Hint(); !strings.Contains(hint, "may not read") || strings.Contains(hint, "config default") {
		t.Errorf("the hint is %q", hint)
	}
}
