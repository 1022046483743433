// Package xtest starts nats-servers with the accounts of a fleet, for the tests of all who talk to them. It is not for use
// outside tests.
package xtest
