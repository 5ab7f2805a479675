using System.Text.Json;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Usage of OpenAI Responses: in the body, or in the event that ends a stream, however it ended.</summary>
/// <remarks>Tools that the provider runs and bills by the call appear as output items only; the finished response's list of them holds, the
/// stream's items count when it never came. A response in the background has no usage before it is finished. The realtime API's
/// <c>response.done</c> reads the same.</remarks>
internal sealed class ResponsesUsageReader : UsageReader
{
    private readonly Dictionary<string, long> _tools = [];
    private readonly HashSet<string> _containers = [];
    private OpenAiCounts _counts;
    private string? _status;
    private bool _previewSearch;
    private bool _background;

    protected override bool MayMatter(ReadOnlySpan<byte> data) =>
        base.MayMatter(data) || data.IndexOf("\"response.output_item.done\""u8) >= 0;

    protected override void ReadObject(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        var itemDone = false;
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("response"u8))
            {
                if (JsonScan.EnterObject(ref json)) ReadResponse(ref json, text);
            }
            else if (json.ValueTextEquals("item"u8))
            {
                // The type comes first in what the provider sends; an item of another event is one that is not finished.
                if (!itemDone) JsonScan.SkipValue(ref json);
                else if (JsonScan.EnterObject(ref json)) ReadItem(ref json);
            }
            else if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                itemDone = json.TokenType == JsonTokenType.String && json.ValueTextEquals("response.output_item.done"u8);
                json.Skip();
            }
            else ReadMember(ref json, text);
        }
    }

    protected override ReportedUsage Sum()
    {
        var tools = Tools();
        return new ReportedUsage
        {
            Tokens = _counts.IsEmpty && tools is null ? null : _counts.ToUsage(tools, Violate),
            InputKnown = _counts.HasInput,
            OutputKnown = _counts.HasOutput,
            // A stream that breaks off ends the work as well, unless it goes on in the background.
            Finished = _status is not ("queued" or "in_progress") || !(IsWhole || _background),
        };
    }

    private void ReadResponse(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        while (JsonScan.NextMember(ref json)) ReadMember(ref json, text);
    }

    private void ReadMember(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        if (json.ValueTextEquals("model"u8)) SeeModel(ref json);
        else if (json.ValueTextEquals("id"u8)) SeeResponseId(ref json);
        else if (json.ValueTextEquals("service_tier"u8)) SeeServiceTier(ref json);
        else if (json.ValueTextEquals("status"u8)) _status = JsonScan.Text(ref json) ?? _status;
        else if (json.ValueTextEquals("background"u8)) _background = JsonScan.IsTrue(ref json);
        else if (json.ValueTextEquals("tools"u8)) ReadTools(ref json);
        else if (json.ValueTextEquals("output"u8)) ReadOutput(ref json);
        else if (json.ValueTextEquals("usage"u8)) ReadUsage(ref json, text);
        else JsonScan.SkipValue(ref json);
    }

    private void ReadUsage(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        var start = (int)json.TokenStartIndex;
        var counts = OpenAiCounts.Read(ref json);
        if (counts.IsEmpty) return;
        _counts = counts;
        Keep(text[start..(int)json.BytesConsumed]);
    }

    private void ReadTools(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterArray(ref json)) return;
        while (JsonScan.NextObject(ref json))
        {
            while (JsonScan.NextMember(ref json))
            {
                if (!json.ValueTextEquals("type"u8)) JsonScan.SkipValue(ref json);
                else if (JsonScan.Text(ref json)?.StartsWith(BilledCall.WebSearchPreview, StringComparison.Ordinal) == true) _previewSearch = true;
            }
        }
    }

    private void ReadOutput(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterArray(ref json)) return;
        _tools.Clear();
        _containers.Clear();
        while (JsonScan.NextObject(ref json)) ReadItem(ref json);
    }

    private void ReadItem(ref Utf8JsonReader json)
    {
        string? type = null;
        string? action = null;
        string? container = null;
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("type"u8)) type = ItemType(ref json);
            else if (json.ValueTextEquals("container_id"u8)) container = JsonScan.Text(ref json);
            else if (json.ValueTextEquals("action"u8))
            {
                if (!JsonScan.EnterObject(ref json)) continue;
                while (JsonScan.NextMember(ref json))
                    if (json.ValueTextEquals("type"u8)) action = JsonScan.Text(ref json);
                    else JsonScan.SkipValue(ref json);
            }
            else JsonScan.SkipValue(ref json);
        }

        // Opening a page and looking through it belong to the search that found it.
        if (type == BilledCall.WebSearch && action is not (null or "search")) return;
        if (type == BilledCall.CodeContainer && container is not null && !_containers.Add(container)) return;
        if (type is not null) _tools[type] = _tools.GetValueOrDefault(type) + 1;
    }

    private static string? ItemType(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String) json.Skip();
        else if (json.ValueTextEquals("web_search_call"u8)) return BilledCall.WebSearch;
        else if (json.ValueTextEquals("file_search_call"u8)) return BilledCall.FileSearch;
        else if (json.ValueTextEquals("code_interpreter_call"u8)) return BilledCall.CodeContainer;
        else if (json.ValueTextEquals("image_generation_call"u8)) return BilledCall.ImageGeneration;
        return null;
    }

    private Dictionary<string, long>? Tools()
    {
        if (_tools.Count == 0) return null;
        // The item is the same; which of the two tools was asked for, and is billed, is said in the list of tools.
        if (_previewSearch && _tools.Remove(BilledCall.WebSearch, out var searches)) _tools[BilledCall.WebSearchPreview] = searches;
        return new Dictionary<string, long>(_tools);
    }
}
