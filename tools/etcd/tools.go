//go:build tools

// Package tools pins the etcd that tests put behind API servers.
package tools

import _ "go.etcd.io/etcd/server/v3"
