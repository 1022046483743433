// Package become has a program of the lab that root has started go on as another user: the privileged helper answers plimsoll alone.
package become
