// Pins Capsule, which is built inside a patched copy of its own module (see ../../build/components.ts).
module kubenova.io/e2e/real/capsule

go 1.26.0

require github.com/projectcapsule/capsule v0.14.0
