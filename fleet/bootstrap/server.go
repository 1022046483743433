package bootstrap

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/jwt/v2"

	"plimsoll/fleet"
	"plimsoll/fleet/wire"
)

// Accounts is the text that every server of the fleet includes: who may connect, and what they may do. It holds no secret.
func (a *Authority) Accounts() (string, error) {
	op := jwt.NewOperatorClaims(public(a.operator))
	op.Name = "plimsoll-" + a.Fleet
	op.SystemAccount = public(a.system)
	operator, err := op.Encode(a.operator)
	if err != nil {
		return "", fmt.Errorf("make operator: %w", err)
	}
	accounts, err := a.accounts()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Who may connect to the servers of the fleet %s, and what they may do. Made by plimsoll fleet bootstrap.\n"+
		"# It holds no secret: these are statements, signed by keys that the servers do not have.\n", a.Fleet)
	fmt.Fprintf(&b, "operator: %s\nresolver: MEMORY\nresolver_preload: {\n", operator)
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		fmt.Fprintf(&b, "  %s: %s\n", id, accounts[id])
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// Server is one nats-server of a fleet: its name, and the name or address by which clients and the other servers reach it.
type Server struct{ Name, Host string }

// check says whether a server's names can stand in a configuration and in the name of a file.
func (s Server) check() error {
	_, err := wire.HostToken(s.Host)
	if wire.PlainToken(s.Name) && (err == nil || net.ParseIP(s.Host) != nil) {
		return nil
	}
	return &fleet.HintError{
		Err:  fmt.Errorf("check server %q at %q: not such names", s.Name, s.Host),
		Todo: "name it with lower-case letters, digits and hyphens, and by a host name or an address: n1=n1.example.net",
	}
}

// The ports and folders of a server, as nats-server's own packages have them.
const (
	clientPort = 4222
	routePort  = 6222
	storeDir   = "/var/lib/nats/jetstream"
	tlsDir     = "/etc/nats/tls"
)

// AccountsFile is what the text of Accounts has to be called, beside a server's configuration.
const AccountsFile = "accounts.conf"

// Config is the configuration of servers[i], for a server alone or for a cluster of all.
func (a *Authority) Config(servers []Server, i int) string {
	s := servers[i]
	var b strings.Builder
	fmt.Fprintf(&b, `# nats-server %s of the fleet %s. Made by plimsoll fleet bootstrap.
server_name: %q
listen: "0.0.0.0:%d"

# Every acknowledged message is on the disk. By default it is within two minutes, and servers that lose power together, as
# those on one feed do, lose what they have acknowledged.
jetstream: {
  store_dir: %q
  sync_interval: always
}

include ./%s

# Without TLS whoever is on the network between can read everything, and change it.
tls: {
%s}
`, s.Name, a.Fleet, s.Name, clientPort, storeDir, AccountsFile, tlsFiles(s))
	if len(servers) > 1 {
		fmt.Fprintf(&b, "\ncluster: {\n  name: %q\n  listen: \"0.0.0.0:%d\"\n  routes: [\n", a.Fleet, routePort)
		for j, other := range servers {
			if j != i {
				fmt.Fprintf(&b, "    \"nats-route://%s\"\n", net.JoinHostPort(other.Host, strconv.Itoa(routePort)))
			}
		}
		fmt.Fprintf(&b, "  ]\n  # Servers show one another their certificates.\n  tls: {\n%s    verify: true\n  }\n}\n",
			strings.ReplaceAll(tlsFiles(s), "  ", "    "))
	}
	return b.String()
}

func tlsFiles(s Server) string {
	return fmt.Sprintf("  cert_file: \"%[1]s/%[2]s.pem\"\n  key_file: \"%[1]s/%[2]s.key\"\n  ca_file: \"%[1]s/ca.pem\"\n", tlsDir, s.Name)
}

// URL is where clients reach a server.
func (s Server) URL() string { return "tls://" + net.JoinHostPort(s.Host, strconv.Itoa(clientPort)) }
