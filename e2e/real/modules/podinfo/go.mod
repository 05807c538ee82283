// Pins podinfo, of which only the charts are used: this version and v1.8.0, whose sum is in go.sum too.
module kubenova.io/e2e/real/podinfo

go 1.26.0

require github.com/stefanprodan/podinfo v1.8.1-0.20250910200901-e86405a8674e
