using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Espalier.Contracts.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Keys;
using Espalier.Server.Runs;
using Espalier.Server.Traces.Otlp;
using Microsoft.AspNetCore.Connections.Features;

namespace Espalier.Server.Hosting;

/// <summary>Who may come in where: the sandbox's socket leads to the gateway alone, the OTLP ports to the receivers alone, REST wants the
/// token, and the host must be ours.</summary>
/// <remarks>Loopback is no authentication: other programs and browser tabs reach it. The host check stops DNS rebinding, for every method.
/// Gateway calls carry their own key, which the gateway checks. Who reaches the OTLP ports on loopback may add traces without a token, as
/// clients come; that is all they lead to, and not for web pages.</remarks>
internal sealed class Doors(RequestDelegate next, ServerFolder folder, ServerArguments arguments, OtlpPorts otlp)
{
    private static readonly string[] OpenPaths = ["/healthz", "/readyz", "/version"];

    private readonly byte[] _token = SHA256.HashData(Encoding.UTF8.GetBytes(folder.Token));

    /// <summary>Whether the path answers without a token: what a load balancer asks, and nothing that tells a secret.</summary>
    public static bool IsOpen(string? path) => OpenPaths.Contains(path, StringComparer.Ordinal);

    public Task InvokeAsync(HttpContext context) => IsPlainCall(context) ? next(context) : CheckAsync(context);

    // What most requests are, and what needs nothing to be waited for: a call of the gateway by a client of this host.
    private bool IsPlainCall(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GatewayRoute>() is not null && !IsSocket(context) && !otlp.Has(context.Connection.LocalPort) && IsOurHost(context.Request.Host.Host);

    private static bool IsGateway(PathString path) =>
        path.StartsWithSegments("/v1", StringComparison.Ordinal) || path.StartsWithSegments("/v1beta", StringComparison.Ordinal) || path.StartsWithSegments("/tools", StringComparison.Ordinal);

    private async Task CheckAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var export = context.GetEndpoint()?.Metadata.GetMetadata<OtlpRoute>();
        var gateway = export is null && IsGateway(path);
        if (IsSocket(context))
        {
            if (gateway) await next(context);
            else if (export is { IsGrpc: false }) await ExportAsync(context);
            else await RefuseAsync(context, 404, "not-found", "Only the gateway answers here.", "Call a model under /v1, or a tool under /tools.");
            return;
        }

        if (otlp.Has(context.Connection.LocalPort))
        {
            if (export is null) await OtlpDoor.RefusePathAsync(context);
            else if (OtlpDoor.Check(context, otlp.WantsToken, IsOurHost(context.Request.Host.Host), IsSignedIn(context) || await MayIngestAsync(context)) is { } refusal) await OtlpDoor.RefuseAsync(context, refusal);
            else await next(context);
            return;
        }

        if (!IsOurHost(context.Request.Host.Host))
        {
            await RefuseAsync(context, 421, "host-not-known", $"The host '{context.Request.Host.Host}' is not this server's.", "Use localhost or 127.0.0.1.");
            return;
        }

        if (gateway || IsOpen(path.Value) || IsSignedIn(context))
        {
            await next(context);
            return;
        }

        // Only virtual keys are looked up; what is no such key costs nothing to refuse.
        var sent = Bearer(context) is { } bearer && bearer.StartsWith(KeyFormat.Api, StringComparison.Ordinal) ? bearer : null;
        var (wrong, address) = (context.RequestServices.GetRequiredService<WrongKeys>(), context.Connection.RemoteIpAddress);
        if (sent is not null && wrong.Wait(address, sent) is { } wait && !context.RequestServices.GetRequiredService<KeyRing>().Remembers(sent))
        {
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await RefuseAsync(context, 429, "too-many-wrong-keys", "Too many keys that are none came from here.", "Wait as long as Retry-After says, and send a key that is in use.");
            return;
        }

        if (await FindKeyAsync(context) is { } key)
        {
            var needed = export is null ? KeyScopes.Needed(context.Request.Method, path.Value ?? "/") : KeyScope.Ingest;
            if (!key.Scopes.Contains(needed))
            {
                var word = needed.ToString().ToLowerInvariant();
                await RefuseAsync(context, 403, "scope-missing", $"The key '{key.Name}' lacks the scope '{word}'.", $"Use a key that has it: 'espalier keys create NAME --scope {word}'.");
                return;
            }

            context.RequestServices.GetRequiredService<Caller>().Principal = key.Id;
            await next(context);
            return;
        }

        if (sent is not null) wrong.Failed(address, sent);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        if (export is not null)
        {
            await OtlpDoor.RefuseAsync(context, OtlpDoor.NoToken);
            return;
        }

        await RefuseAsync(
            context, 401, "key-not-valid", "This needs the server's token.",
            "Send 'Authorization: Bearer TOKEN'; the token lies in the data folder, in the file 'token'. The command line does it by itself.");
    }

    /// <summary>What an agent in a sandbox tells of itself: its run token is all that it has.</summary>
    private Task ExportAsync(HttpContext context)
    {
        if (context.RequestServices.GetRequiredService<RunWindows>().Find(Bearer(context)) is not { } windows) return OtlpDoor.RefuseAsync(context, OtlpDoor.NoToken);
        context.Features.Set(new RunSpans(windows));
        return next(context);
    }

    private static bool IsSocket(HttpContext context) =>
        context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily == AddressFamily.Unix;

    private static Task RefuseAsync(HttpContext context, int status, string code, string title, string fix) =>
        Problems.WriteAsync(context, Problems.Describe(new Refusal(code, status, title, fix)), context.RequestAborted);

    private static async Task<bool> MayIngestAsync(HttpContext context) => await FindKeyAsync(context) is { } key && key.Scopes.Contains(KeyScope.Ingest);

    private bool IsSignedIn(HttpContext context) => Bearer(context) is { } sent && IsToken(sent);

    private static ValueTask<ApiKey?> FindKeyAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<KeyRing>().FindAsync(Bearer(context), context.RequestAborted);

    private static string? Bearer(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return header[7..].Trim();
        return context.GetEndpoint()?.Metadata.GetMetadata<OtlpRoute>() is not null ? OtlpDoor.Password(header) : null;
    }

    private bool IsToken(string text) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(text)), _token);

    private bool IsOurHost(string host) =>
        host is "localhost" or "127.0.0.1" or "[::1]"
        || (IPAddress.TryParse(host, out var address) && address.Equals(arguments.Listen) && !address.Equals(IPAddress.Any));
}
