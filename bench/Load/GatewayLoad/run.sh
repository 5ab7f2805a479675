#!/usr/bin/env bash
# Requests through the gateway, beside the same straight to their server and through Portkey (Program.cs says how it is measured):
#   bench/Load/GatewayLoad/run.sh [--rounds 5] [--seconds 5] [--connections 1,32,128] [--out bench/results/gateway-load.md] ...
#   bench/Load/GatewayLoad/run.sh --memory 1000000
# Needs wrk, Node and npm; wrk is installed by apt-get when it is missing. Portkey and the libraries that it works with are fetched
# into artifacts/, which is ignored: its plain installation answers every stream with 500, because it takes newer ones.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
portkey=artifacts/bench/portkey
command -v wrk >/dev/null || { [ "$(id -u)" -eq 0 ] || as_root=sudo; ${as_root:-} apt-get install -y -q --no-install-recommends wrk >&2; }
if [ ! -e "$portkey/.installed" ]; then
  mkdir -p "$portkey"
  echo '{ "private": true }' >"$portkey/package.json"
  npm install --prefix "$portkey" --no-package-lock --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error --save-exact \
    @portkey-ai/gateway@1.15.2 hono@4.9.7 @hono/node-server@1.13.5 @hono/node-ws@1.2.0 >&2
  touch "$portkey/.installed"
fi
for project in src/ChDb/ChDb.csproj src/Server/Server.csproj bench/Load/GatewayLoad/GatewayLoad.csproj; do
  dotnet build "$project" -c release -v q --nologo -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false >&2
done
exec dotnet artifacts/bin/GatewayLoad/release/Espalier.GatewayLoad.dll \
  --server artifacts/bin/Server/release/Espalier.Server.dll --portkey "$portkey/node_modules/@portkey-ai/gateway/build/start-server.js" "$@"
