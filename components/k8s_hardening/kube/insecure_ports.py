"""Ports of the control plane that serve plain HTTP to everybody, and how long there were such.

Sources: k8s.io/kubernetes v1.18.20 to v1.24.17 pkg/kubeapiserver/options/serving.go,
cmd/kube-controller-manager/app/options/options.go, cmd/kube-scheduler/app/options/insecure_serving.go. The flags are
gone from 1.24; between the last live version and 1.23 they accept 0 and do nothing.
"""

from __future__ import annotations

from k8s_hardening.kube.version import KubeVersion

API_SERVER_UNTIL = KubeVersion(1, 19)
"""--insecure-port listens on 8080 unless it is 0."""
CONTROLLER_MANAGER_UNTIL = KubeVersion(1, 21)
"""--port listens on 10252 unless it is 0."""
SCHEDULER_UNTIL = KubeVersion(1, 22)
"""--port listens on 10251 unless it is 0."""
