using Espalier.Contracts.Runs;

namespace Espalier.Gateway.Keys;

/// <summary>Which scope a request of the REST API needs.</summary>
public static class KeyScopes
{
    private static readonly string[] AdminPaths = ["/api/v1/keys", "/api/v1/providers", "/api/v1/shutdown", "/api/v1/audit", "/api/v1/traces/deletions", "/api/v1/sandbox"];
    private static readonly string[] IngestPaths = ["/v1/traces", "/v1/logs", "/v1/metrics", "/api/v1/feedback"];

    /// <summary>Default is refusal: what changes anything and is not listed needs <see cref="KeyScope.Operate"/>, what lists secrets or people <see cref="KeyScope.Admin"/>.</summary>
    public static KeyScope Needed(string method, string path)
    {
        if (AdminPaths.Any(start => IsBelow(path, start))) return KeyScope.Admin;
        if (method is "GET" or "HEAD") return KeyScope.Read;
        if (IsBelow(path, "/api/v1/budgets")) return KeyScope.Admin;
        // Who may bring a contract in must not be able to start the programs that it names.
        if (IsBelow(path, "/api/v1/agents") && path.TrimEnd('/').EndsWith("/trust", StringComparison.OrdinalIgnoreCase)) return KeyScope.Admin;
        if (IngestPaths.Any(start => IsBelow(path, start))) return KeyScope.Ingest;
        // A no is a person's word as well: whoever may not let a tool call through may not forbid it either.
        if (IsBelow(path, "/api/v1/approvals")) return KeyScope.Approve;
        if (IsBelow(path, "/api/v1/releases") && path.EndsWith("/approve", StringComparison.OrdinalIgnoreCase)) return KeyScope.Approve;
        return path.StartsWith("/agents/", StringComparison.OrdinalIgnoreCase) && path.EndsWith("/invoke", StringComparison.OrdinalIgnoreCase) ? KeyScope.Call : KeyScope.Operate;
    }

    private static bool IsBelow(string path, string start) =>
        path.StartsWith(start, StringComparison.OrdinalIgnoreCase) && (path.Length == start.Length || path[start.Length] == '/');
}
