package linkid_test

import (
	"path/filepath"
	"testing"

	"plimsoll/internal/hosttest"
	"plimsoll/internal/linkid"
	"plimsoll/redundancy"
)

func TestALinkIsItsCardsAddressOrItsName(t *testing.T) {
	t.Parallel()
	sys := hosttest.Root(t, filepath.Join("testdata", "links.txtar")).Sys()
	for link, want := range map[string]redundancy.ID{
		"eth0":  "nic:aa:bb:cc:00:00:00",
		"eth1":  "nic:aa:bb:cc:00:00:01",
		"eth2":  "link:eth2",
		"eth3":  "link:eth3",
		"veth0": "link:veth0",
		"none":  "link:none",
	} {
		if got := linkid.Of(sys, link); got != want {
			t.Errorf("%s is %s, want %s", link, got, want)
		}
	}
}
