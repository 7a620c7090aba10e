#!/bin/sh
# Installs ghz, the load generator, into the folder named by $1, unless it is there. Needs Go.
set -eu
version=v0.121.0
bin=$1

# a ghz that was built from its module does not know its own version
if [ -x "$bin/ghz" ] && [ -e "$bin/.ghz-$version" ]; then
    exit 0
fi
go=$(command -v go || true)
if [ -z "$go" ] && [ -x /usr/local/go/bin/go ]; then
    go=/usr/local/go/bin/go
fi
if [ -z "$go" ]; then
    echo "load: Go is missing; it is needed to install ghz $version" >&2
    exit 1
fi
mkdir -p "$bin"
bin=$(cd "$bin" && pwd)
cache=$bin/.go
echo "load: installing ghz $version into $bin (this happens once, and takes a minute)"
GOBIN=$bin GOPATH=$cache/path GOCACHE=$cache/build GOFLAGS='-mod=mod -modcacherw' \
    "$go" install "github.com/bojand/ghz/cmd/ghz@$version" 2>/dev/null || {
    echo "load: ghz $version could not be fetched or built with $go" >&2
    exit 1
}
rm -rf "$cache"
touch "$bin/.ghz-$version"
