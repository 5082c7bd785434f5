package client

// SoftwareVersion makes the version of a program one that ApiVersions allows
// (KIP-511).
func SoftwareVersion(v string) string { return softwareVersion(v) }
