using System.Text;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>What an MCP server says of itself: its answer to <c>initialize</c> and all its tools, each as it came.</summary>
internal sealed class McpCatalog
{
    private readonly Dictionary<string, bool> _saysItReads = new(StringComparer.Ordinal);

    /// <param name="json"><c>{"initialize": {...}, "tools": [...]}</c>.</param>
    /// <exception cref="JsonException">It is something else.</exception>
    public McpCatalog(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        Json = json;
        Initialize = root.GetProperty("initialize").GetRawText();
        Tools = root.GetProperty("tools").GetRawText();
        foreach (var tool in root.GetProperty("tools").EnumerateArray())
        {
            if (tool.TryText("name") is not { } name) continue;
            // Two tools of one name: what one of them says is not to be believed of the other.
            _saysItReads[name] = !_saysItReads.ContainsKey(name) && ToolEffects.SaysItReads(tool);
        }
    }

    public string Json { get; }

    public string Initialize { get; }

    public string Tools { get; }

    /// <summary>Nothing is known of the server.</summary>
    public static McpCatalog Unknown(ToolContract tool) =>
        Of($$$"""{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"{{{tool.Name}}}","version":"0"}}""", []);

    public static McpCatalog Of(string initialize, IEnumerable<string> tools) => new($$"""{"initialize":{{initialize}},"tools":[{{string.Join(',', tools)}}]}""");

    public int Count => _saysItReads.Count;

    public int CountReading(ToolContract tool) => _saysItReads.Keys.Count(name => Reads(tool, name));

    public bool Has(string name) => _saysItReads.ContainsKey(name);

    /// <summary>Whether a tool is declared or annotated as one that changes nothing; a tool that is not listed is not.</summary>
    public bool Reads(ToolContract tool, string name) => ToolEffects.Reads(tool, name, _saysItReads.GetValueOrDefault(name)) && Has(name);

    /// <summary>The answer to a client's <c>initialize</c>: what the server said, without what the proxy does not pass on.</summary>
    public string AnswerInitialize(string version)
    {
        using var document = JsonDocument.Parse(Initialize);
        var root = document.RootElement;
        return JsonRpc.Result(Encoding.UTF8.GetString(Wire.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("protocolVersion", version);
            json.WriteStartObject("capabilities");
            if (root.TryObject("capabilities") is { } capabilities)
                foreach (var name in (string[])["tools", "resources", "prompts", "completions"])
                    if (capabilities.TryObject(name) is not null) JsonRpc.Raw(json, name, "{}");
            json.WriteEndObject();
            foreach (var member in root.EnumerateObject())
                if (member.Name is not ("protocolVersion" or "capabilities")) JsonRpc.Raw(json, member.Name, member.Value.GetRawText());
            json.WriteEndObject();
        }).Span));
    }
}
