// Pins kwok, which is built inside a patched copy of its own module (see ../../build/components.ts).
module kubenova.io/e2e/real/kwok

go 1.26.0

require sigs.k8s.io/kwok v0.8.0
