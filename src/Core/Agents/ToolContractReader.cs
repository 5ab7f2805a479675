using System.Text.RegularExpressions;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Agents;

/// <summary>Reads the section <c>tools</c> of <c>espalier.yaml</c>.</summary>
internal static partial class ToolContractReader
{
    private const int MostTools = 32;

    private static readonly Dictionary<string, ToolWrites> Writes = new() { ["always"] = ToolWrites.Always, ["never"] = ToolWrites.Never, ["annotated"] = ToolWrites.Annotated };
    private static readonly Dictionary<string, ToolMiss> Misses = new() { ["fail"] = ToolMiss.Fail, ["readonly"] = ToolMiss.Readonly, ["simulate"] = ToolMiss.Simulate };

    public static IReadOnlyList<ToolContract> Read(StrictYaml? tools)
    {
        if (tools is null) return [];
        if (tools.Keys.Count() > MostTools) throw tools.Bad(tools.Keys.Last(), "is one tool server too many", $"Declare at most {MostTools}.");
        return [.. tools.Keys.Select(name => ReadOne(name, tools))];
    }

    private static ToolContract ReadOne(string name, StrictYaml tools)
    {
        if (!Name().IsMatch(name)) throw tools.Bad(name, "is no name of a tool server", "Use 1 to 40 lower-case letters, digits and dashes, beginning with a letter.");
        var yaml = tools.Mapping(name) ?? throw tools.Bad(name, "is empty", "Write 'mcp: stdio' and 'command: ...', 'mcp: http' and 'url: ...', or 'http: https://...' below it.");
        var (protocol, url) = ReadProtocol(yaml);
        var command = yaml.Text("command");
        var timeout = yaml.Text("timeout") ?? "60s";
        var tool = new ToolContract
        {
            Name = name,
            Protocol = protocol,
            Command = command,
            Url = url,
            Environment = Texts(yaml.Mapping("environment")),
            Secrets = yaml.Texts("secrets") ?? [],
            Headers = Texts(yaml.Mapping("headers")),
            Allow = yaml.Texts("allow") ?? [],
            Writes = Word(yaml, "writes", Writes, ToolWrites.Annotated),
            WritesByName = ReadWrites(yaml.Mapping("writes_by_name")),
            Miss = Word(yaml, "miss", Misses, ToolMiss.Fail),
            Timeout = Durations.TryParse(timeout, out var limit) && limit >= TimeSpan.FromMilliseconds(100) && limit <= TimeSpan.FromMinutes(10)
                ? limit : throw yaml.Bad("timeout", $"is '{timeout}'", "Use a duration from 100ms to 10m, such as 60s."),
            MaxAnswerBytes = (yaml.WholeNumber("max_answer_kb", 1, 16_384) ?? 1024) << 10,
        };
        yaml.Finish();
        Check(tool, yaml);
        return tool;
    }

    private static (ToolProtocol Protocol, Uri? Url) ReadProtocol(StrictYaml yaml)
    {
        var mcp = yaml.Text("mcp");
        var rest = yaml.Text("http");
        var url = yaml.Text("url");
        if ((mcp is null) == (rest is null)) throw yaml.Bad(mcp is null ? "mcp" : "http", mcp is null ? "is missing" : "stands beside 'mcp'", "Write either 'mcp: stdio', 'mcp: http' or 'http: https://...'.");
        if (rest is not null) return (ToolProtocol.Rest, Address(yaml, "http", rest));
        return mcp switch
        {
            "stdio" => (ToolProtocol.Stdio, null),
            "http" => (ToolProtocol.Http, Address(yaml, "url", url ?? throw yaml.Bad("url", "is missing", "Write 'url: https://mcp.example.com/mcp'."))),
            _ => throw yaml.Bad("mcp", $"is '{mcp}'", "Use stdio (a command) or http (a url)."),
        };
    }

    private static Uri Address(StrictYaml yaml, string key, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { UserInfo: "", Fragment: "", Query: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
            ? url
            : throw yaml.Bad(key, $"is '{text}'", "Write an address with https (http for this machine alone), without user, query and fragment; secrets belong in headers.");

    private static void Check(ToolContract tool, StrictYaml yaml)
    {
        if (tool.Protocol == ToolProtocol.Stdio)
        {
            if (string.IsNullOrWhiteSpace(tool.Command)) throw yaml.Bad("command", "is missing", "Write the command that starts the server, with absolute paths: it runs outside of the repository.");
            Forbid(yaml, "url", "headers", "allow");
        }
        else
        {
            Forbid(yaml, "command", "environment");
        }

        if (tool.Protocol == ToolProtocol.Http) Forbid(yaml, "allow");
        if (tool.Protocol == ToolProtocol.Rest && tool.Allow.Count == 0) throw yaml.Bad("allow", "is missing", "Name what may be asked, such as [GET /tickets/**, POST /tickets].");
        foreach (var allowed in tool.Allow)
            if (!Allowed().IsMatch(allowed)) throw yaml.Bad("allow", $"holds '{allowed}'", "Write method and path, such as GET /tickets/**; * stands for one part of a path, ** for any.");
        foreach (var name in tool.Secrets.Concat(tool.Environment.Keys))
            if (!Variable().IsMatch(name)) throw yaml.Bad(tool.Environment.ContainsKey(name) ? "environment" : "secrets", $"holds '{name}'", "Use capital letters, digits and underscores.");
        foreach (var (header, value) in tool.Headers)
        {
            if (!Header().IsMatch(header)) throw yaml.Bad("headers", $"holds '{header}', which is no header that can be set", "Use the name of a header of the tool's own, such as Authorization.");
            if (value.AsSpan().IndexOfAnyInRange('\0', '\u001F') >= 0) throw yaml.Bad("headers", $"holds a control character in '{header}'", "Write the value on one line.");
            foreach (Match secret in Reference().Matches(value))
                if (!tool.Secrets.Contains(secret.Groups["name"].Value)) throw yaml.Bad("headers", $"refers to {secret.Value}", $"List it: 'secrets: [{secret.Groups["name"].Value}]'.");
        }

        void Forbid(StrictYaml at, params string[] keys)
        {
            foreach (var key in keys)
                if (at.Has(key)) throw at.Bad(key, $"means nothing for a tool server of this kind", "Leave it out.");
        }
    }

    private static Dictionary<string, string> Texts(StrictYaml? yaml) => yaml is null ? [] : yaml.Keys.ToDictionary(key => key, key => yaml.Text(key) ?? "");

    private static Dictionary<string, ToolWrites> ReadWrites(StrictYaml? yaml) => yaml is null ? [] : yaml.Keys.ToDictionary(key => key, key => Word(yaml, key, Writes, ToolWrites.Annotated));

    private static T Word<T>(StrictYaml yaml, string key, Dictionary<string, T> words, T otherwise) => yaml.Text(key) switch
    {
        null => otherwise,
        { } word when words.TryGetValue(word, out var value) => value,
        { } word => throw yaml.Bad(key, $"is '{word}'", $"Use one of {string.Join(", ", words.Keys)}."),
    };

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Z][A-Z0-9_]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^(?:GET|HEAD|POST|PUT|PATCH|DELETE) /[A-Za-z0-9._~!$&'()*+,;=:@/-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();

    // Those that belong to the connection are not for a contract to set.
    [GeneratedRegex("^(?!(?i:host|connection|content-length|content-type|transfer-encoding|te|trailer|upgrade|accept|mcp-.*|.*method.*)$)[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Header();

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z0-9_]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
