package config_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

func TestProblemsOfServicesNameTheMember(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, members, want string }{
		{"nothing to go by", "[{name: a}]", `f:3:11: services[0].members[0]: neither a unit nor a check; want one or both`},
		{"check without a name", "[{check: {tcp: 'h:1'}}]", `f:3:11: services[0].members[0].name: a check without a unit has no name of its own; want a name`},
		{"two kinds of check", "[{name: a, check: {tcp: 'h:1', unit: a.socket}}]", `f:3:28: services[0].members[0].check: tcp and unit; want one of them`},
		{"template", "[{unit: w@.service}]", `f:3:18: services[0].members[0].unit: "w@.service"; want the full name of a service, such as app.service or worker@1.service; or "" for none`},
		{"unit of another type", "[{unit: w.socket}]", `f:3:18: services[0].members[0].unit: "w.socket"; want the full name of a service, such as app.service or worker@1.service; or "" for none`},
		{"no unit at all", "[{name: a, check: {unit: app}}]", `f:3:35: services[0].members[0].check.unit: "app"; want the full name of a unit, such as app.socket or srv.mount; or "" for none`},
		{"unit that checks itself", "[{unit: w.service, check: {unit: w.service}}]", `f:3:43: services[0].members[0].check.unit: the member's own unit; want another one, or no check`},
		{"member twice", "[{unit: w.service}, {name: b, unit: w.service}]", `f:3:30: services[0].members[1]: "w.service" is members[0] already; want each once`},
		{"program on the path", "[{name: a, check: {exec: [sh, -c, x]}}]", `f:3:36: services[0].members[0].check.exec[0]: "sh"; want an absolute path`},
		{"page with a password", "[{name: a, check: {http: 'http://u:p@h/'}}]", `f:3:35: services[0].members[0].check.http: "http://h/…"; want http:// or https://, a host, and a path; or "" for none`},
		{"address without a host", "[{name: a, check: {tcp: ':80'}}]", `f:3:34: services[0].members[0].check.tcp: ":80"; want a host with a port, such as "127.0.0.1:5432" or "db1:5432"; or "" for none`},
		{"server without a name", "[{name: a, check: {dns: {server: 'h:53'}}}]", `f:3:34: services[0].members[0].check.dns.name: missing; want the name to ask for`},
		{"files of any age", "[{name: a, check: {file_age: {path: /b/*}}}]", `f:3:39: services[0].members[0].check.file_age: path without at_most, or at_most without path; want both`},
		{"pattern that is none", "[{name: a, check: {file_age: {path: '/b/[', at_most: 1h}}}]", `f:3:46: services[0].members[0].check.file_age.path: "/b/["; want an absolute path, in which * is any text; or "" for none`},
		{"slip in a key", "[{unit: a.service, chekc: {}}]", `f:3:29: services[0].members[0].chekc: unknown key; did you mean services[0].members[0].check?`},
		{"fall of zero", "[{name: a, check: {tcp: 'h:1', fall: 0}}]", `f:3:47: services[0].members[0].check.fall: 0 is out of range; want 1 to 100`},
		{"no members", "[]", `f:2:12: services[0].needed: 1 of 0 members; want as many members, or more`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f", []byte("version: 1\nservices: [{name: web,\nmembers: "+tt.members+"}]"))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestARuleThatTheHelperWouldAlwaysRefuseIsAProblem(t *testing.T) {
	t.Parallel()
	rule := "version: 1\npolicy: [{name: a, do: service.restart}]\n"
	_, err := config.Parse("f", []byte(rule))
	want := `f:2:24: policy[0].do: service.restart, and helper.restart lists nothing; want the units there too`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := config.Parse("f", []byte(rule+"helper: {restart: [app.service]}")); err != nil {
		t.Error(err)
	}
}

func TestEveryKeyOfAServiceStandsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/services.md")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	leaves(reflect.TypeFor[config.Service](), "", &keys)
	leaves(reflect.TypeFor[config.ServiceMember](), "", &keys)
	for _, key := range keys {
		if !strings.Contains(string(page), "| `"+key+"` |") {
			t.Errorf("docs/services.md has no row for `%s`", key)
		}
	}
}
