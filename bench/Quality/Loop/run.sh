#!/usr/bin/env bash
# Does the loop find a version at least 20 points better at no higher cost? Five seeds on each set:
#   bench/Quality/Loop/run.sh [demo|banking77|clinc150 ...]      results in bench/results/loop-SET.{json,md}
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
for project in src/ChDb/ChDb.csproj src/Server/Server.csproj src/Cli/Cli.csproj bench/Quality/Loop/Loop.csproj; do
  dotnet build "$project" -c release -v q --nologo -p:RunAnalyzers=false >&2
done
exec dotnet artifacts/bin/Loop/release/Espalier.Loop.dll "${@:-demo}"
