module k8s-hardening/tools/flag-extraction

go 1.24
