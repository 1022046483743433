package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

// planted has a secret, always with the text s3cret in it, wherever the configuration can hold one.
const planted = `version: 1
nats:
  urls: ["nats://user:s3cret-word@n1:4222", "nats://s3cret-token@n2:4222"]
  credentials: /etc/plimsoll/nats.creds
hooks:
  page: {url: "https://pager.example/s3cret/path?key=s3cret", authorization_file: /etc/plimsoll/pager.token}
  call: {argv: [/usr/local/bin/call, --key, s3cret-argument]}
services:
- name: web
  members:
  - {name: one, check: {http: "http://127.0.0.1:80/health?key=s3cret-query"}}
  - {name: two, check: {exec: [/usr/bin/ask, s3cret-question]}}
`

func parsed(t *testing.T, text string) config.Config {
	t.Helper()
	c, err := config.Parse("plimsoll.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatIsSharedHasNoneOfTheSecrets(t *testing.T) {
	t.Parallel()
	c := parsed(t, planted)
	text, err := c.Shareable().YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "s3cret") {
		t.Errorf("a secret is shared:\n%s", text)
	}
	if !strings.Contains(string(text), "/usr/local/bin/call") || !strings.Contains(string(text), "n2:4222") {
		t.Errorf("more than the secrets is left out:\n%s", text)
	}
	if diff := cmp.Diff(parsed(t, planted), c); diff != "" {
		t.Errorf("what is shared was changed in place:\n%s", diff)
	}
}

func TestEverySecretOfTheFileIsNamed(t *testing.T) {
	t.Parallel()
	c := parsed(t, planted)
	got := c.Secrets()
	for _, want := range []string{"s3cret-word", "s3cret-token", "s3cret/path", "key=s3cret", "s3cret-argument", "key=s3cret-query", "s3cret-question"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
	files := map[string]string{"nats.credentials": "/etc/plimsoll/nats.creds", "hooks.page.authorization_file": "/etc/plimsoll/pager.token"}
	if diff := cmp.Diff(files, c.SecretFiles()); diff != "" {
		t.Errorf("files with secrets (-want +got):\n%s", diff)
	}
	if !c.HoldsCredentials() || config.Default().HoldsCredentials() {
		t.Error("whether the file holds credentials is told wrongly")
	}
}

func TestATokenInAServersURLIsNotShown(t *testing.T) {
	t.Parallel()
	text, err := parsed(t, "version: 1\nnats: {urls: [\"nats://s3cret@n1:4222\"]}\n").YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "s3cret") {
		t.Errorf("the token is shown:\n%s", text)
	}
}
