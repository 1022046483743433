// Package lab is the proving ground.
package lab
