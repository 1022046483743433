// Package bmc describes the baseboard management controller of a lab's guest,
// in the words of OpenIPMI's simulator (ipmi_sim_cmd(5)): its supplies, their
// sensors, the records that describe them, and who made them.
//
// The simulator is OpenIPMI's and not our own, so that the agent's reading of
// IPMI is held against somebody else's. Here is only what it is told: sensor
// data records by IPMI 2.0 section 43 and FRU data by the FRU Information
// Storage Definition 1.0. Everything is pure; package lab runs the program.
//
// What the simulator cannot do: take a record away (its Delete SDR finds none;
// a BMC that is started anew has fewer), DCMI, a clock that is set.
package bmc
