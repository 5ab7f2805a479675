using Espalier.Cli.Output;
using Espalier.Sdk;

namespace Espalier.Cli.Servers;

/// <summary>Finds the server that a command talks to: a flag, a variable, the nearest folder, else a new one.</summary>
internal static class Connection
{
    /// <summary>The address that was named by flag or variable; null when a local server is meant.</summary>
    public static Uri? Named(Invocation invocation)
    {
        var text = invocation.Server ?? invocation.Terminal.Variable("ESPALIER_URL");
        if (string.IsNullOrEmpty(text)) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw CliError.Usage($"\"{text}\" is not a server's address.", "--server and ESPALIER_URL take one.", "Write it like http://localhost:7420");
    }

    public static EspalierClient NamedClient(Invocation invocation, Uri url)
    {
        if (invocation.Key is not null) invocation.Warn("--key shows in process lists; put it into ESPALIER_KEY");
        var key = invocation.Key ?? invocation.Terminal.Variable("ESPALIER_KEY");
        // A local server's own token serves when the address is its own.
        if (string.IsNullOrEmpty(key) && ServerFolder.Nearest(invocation.Folder) is var folder && folder.ReadInfo()?.Url == url) key = folder.ReadToken();
        return new EspalierClient(url, string.IsNullOrEmpty(key) ? null : key, invocation.Terminal.Time);
    }

    public static async Task<EspalierClient> OpenAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        EspalierClient client;
        if (Named(invocation) is { } url)
        {
            client = NamedClient(invocation, url);
        }
        else
        {
            var starter = new ServerStarter(invocation, ServerFolder.Nearest(invocation.Folder));
            var (info, started) = await starter.FindOrStartAsync(ServerStart.OnDemand, cancellationToken);
            if (started) invocation.Say($"started a server at {info.Url} (stops after 30 idle minutes; data in {ServerFolder.Nearest(invocation.Folder).Path})");
            client = starter.Client(info);
        }

        await CompareVersionsAsync(invocation, client, cancellationToken);
        return client;
    }

    private static async Task CompareVersionsAsync(Invocation invocation, EspalierClient client, CancellationToken cancellationToken)
    {
        string version;
        try
        {
            version = await client.Server.VersionAsync(cancellationToken);
        }
        catch (EspalierException exception)
        {
            client.Dispose();
            throw CliError.From(exception, client.Url);
        }

        if (version != EspalierClient.Version)
            invocation.Warn($"the server at {client.Url} is version {version}, this command is {EspalierClient.Version}: end it with `espalier down` (or update it) and run the command again");
    }
}
