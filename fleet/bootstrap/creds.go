package bootstrap

import (
	"fmt"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// Credentials makes new credentials for one user: the text of a file for nats.credentials. The name is the user's token: a
// host's as wire.HostToken gives it. Nothing is to be told to the servers for it.
func (a *Authority) Credentials(r Role, name string) ([]byte, error) {
	user, err := nkeys.CreateUser()
	if err != nil {
		return nil, fmt.Errorf("make credentials of %s: %w", name, err)
	}
	c := jwt.NewUserClaims(public(user))
	c.Name = name
	c.IssuerAccount = public(a.accountOf(r))
	c.SetScoped(true) // its permissions are the role's
	token, err := c.Encode(a.signers[r])
	if err != nil {
		return nil, fmt.Errorf("make credentials of %s: %w", name, err)
	}
	seed, err := user.Seed()
	if err != nil {
		return nil, fmt.Errorf("make credentials of %s: %w", name, err)
	}
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		return nil, fmt.Errorf("make credentials of %s: %w", name, err)
	}
	return text, nil
}

func (a *Authority) accountOf(r Role) nkeys.KeyPair {
	switch r {
	case Host:
		return a.hosts
	case Person:
		return a.people
	case Monitor:
		return a.system
	case Arbiter, Admin:
		return a.store
	default:
		panic("internal error: no account of role " + string(r))
	}
}
