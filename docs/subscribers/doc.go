// Command subscribers is a subscriber in Go: it takes in every event of a fleet once, in each host's order, over restarts of its
// own and of the servers, and prints a line for those that are meant to wake somebody. Take it as a beginning of your own.
//
//	go run ./docs/subscribers nats://n1:4222
package main
