#!/usr/bin/env bash
# What a sandboxed run costs beside a bare process, runs a second, and memory of warm agents (Program.cs says how it is measured), in about two minutes:
#   bench/Load/Runs/run.sh [--starts 300] [--seconds 10] [--warm 32] [--out bench/results/runs.md]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
eng/forwarder/build.sh >&2
dotnet build bench/Load/Runs/Runs.csproj -c release -v q --nologo -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false >&2
exec dotnet artifacts/bin/Runs/release/Espalier.Runs.dll "$@"
