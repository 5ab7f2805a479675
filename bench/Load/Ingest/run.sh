#!/usr/bin/env bash
# Spans a second from HTTP to queryable, and how that compares to the store alone (Program.cs says how it is measured):
#   bench/Load/Ingest/run.sh [--spans 1000000] [--rate SPANS_A_SECOND] [--json bench/results/ingest.json] ...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
for project in src/ChDb/ChDb.csproj src/Server/Server.csproj bench/Load/Ingest/Ingest.csproj; do
  dotnet build "$project" -c release -v q --nologo -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false >&2
done
exec dotnet artifacts/bin/Ingest/release/Espalier.Ingest.dll --server artifacts/bin/Server/release/Espalier.Server.dll "$@"
