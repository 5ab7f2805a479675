#!/bin/sh
# Builds the sandbox's helper into artifacts/forwarder/forwarder: static, so that it runs in a sandbox that has no libraries of ours.
# Needs gcc and libc6-dev. Does nothing when the program is newer than its source.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out="$here/../../artifacts/forwarder"
mkdir -p "$out"
if [ -x "$out/forwarder" ] && [ -z "$(find "$here" -newer "$out/forwarder" -type f)" ]; then exit 0; fi
gcc -O2 -static -Wall -Wextra -Werror -o "$out/forwarder.new" "$here/main.c" "$here/launch.c" "$here/stage.c" "$here/forward.c" "$here/mcp.c" "$here/collect.c"
mv "$out/forwarder.new" "$out/forwarder"
