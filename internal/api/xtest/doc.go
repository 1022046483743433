// Package xtest holds an agent for tests of what asks one: it posts the views it is given and serves them on a real socket.
package xtest
