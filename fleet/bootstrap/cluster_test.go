package bootstrap_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/wire"
)

// ca signs the servers' certificates.
type ca struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newCA(t *testing.T, file string) *ca {
	t.Helper()
	a := &ca{}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := a.sign(t, template, template, "")
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, file, "CERTIFICATE", der)
	return a
}

// sign makes a key, kept in keyFile unless that is empty, and signs what it is for.
func (a *ca) sign(t *testing.T, template, parent *x509.Certificate, keyFile string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if a.key == nil {
		a.key = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if keyFile != "" {
		private, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		writePEM(t, keyFile, "EC PRIVATE KEY", private)
	}
	return der
}

// serves gives a server its certificate and its key, beside the authority's.
func (a *ca) serves(t *testing.T, dir string, s bootstrap.Server) {
	t.Helper()
	der := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: s.Name}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(s.Host)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}, a.cert, filepath.Join(dir, s.Name+".key"))
	writePEM(t, filepath.Join(dir, s.Name+".pem"), "CERTIFICATE", der)
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestThreeServersFormAClusterFromTheirFilesAlone starts servers with the very files that a person gets; what is changed in them is
// where the certificates and the store are, and that each listens on an address of its own.
func TestThreeServersFormAClusterFromTheirFilesAlone(t *testing.T) {
	t.Parallel()
	dir, certs := t.TempDir(), t.TempDir()
	site := fmt.Sprintf("127.%d.%d.", 64+mathrand.IntN(128), mathrand.IntN(256))
	servers := []bootstrap.Server{{Name: "n1", Host: site + "1"}, {Name: "n2", Host: site + "2"}, {Name: "n3", Host: site + "3"}}
	plan := bootstrap.Plan{Fleet: "prod", Servers: servers, Hosts: []string{"db1"}}
	if _, err := bootstrap.Setup(dir, plan); err != nil {
		t.Fatal(err)
	}
	authority := newCA(t, filepath.Join(certs, "ca.pem"))
	cfg := fleet.DefaultConfig()
	cfg.TLS.CA = filepath.Join(certs, "ca.pem")
	for _, s := range servers {
		authority.serves(t, certs, s)
		path := filepath.Join(dir, "servers", s.Name+".conf")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.NewReplacer("/etc/nats/tls", certs, "/var/lib/nats/jetstream", filepath.Join(t.TempDir(), s.Name), "0.0.0.0", s.Host).Replace(string(text)))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		startFrom(t, path)
		cfg.URLs = append(cfg.URLs, s.URL())
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := bootstrap.CreateStores(ctx, dir, cfg, bootstrap.DefaultSizes(len(servers))); err != nil {
		t.Fatal(err)
	}
	cfg.Credentials = bootstrap.CredentialsFile(dir, bootstrap.Host, "db1")
	up := make(chan *nats.Conn, 1)
	nc, err := fleet.Connect(ctx, cfg, "db1", wire.Inbox("db1"), fleet.Calls{Up: func(nc *nats.Conn) { up <- nc }})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	select {
	case <-up:
	case <-ctx.Done():
		t.Fatal("a host does not connect")
	}
	if _, err := nc.RequestWithContext(ctx, wire.Subject("prod", "db1", wire.Event)+".raid.component.failed", []byte("true")); err != nil {
		t.Errorf("a host's event: %v", err)
	}
	plain, err := nats.Connect(strings.Replace(servers[0].URL(), "tls://", "nats://", 1), nats.UserCredentials(cfg.Credentials), nats.Timeout(patience))
	if err == nil {
		plain.Close()
		t.Error("a client that does not know the authority connects")
	}
}

// startFrom starts a server with the configuration at path.
func startFrom(t *testing.T, path string) {
	t.Helper()
	o, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatalf("%s: not ready", path)
	}
}
