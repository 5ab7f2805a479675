using System.ComponentModel.DataAnnotations;
using Espalier.Gateway.Providers.Keys;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers;

/// <summary>A model server: where it is, its key, and how long it may take.</summary>
public class UpstreamOptions
{
    /// <summary>Base address. Null: the vendor's variable in the environment, else, when there is a key, the vendor's own address.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>The vendor's own address, used when there is a key and no other address; null for servers without one.</summary>
    internal Uri? UsualUrl { get; set; }

    /// <summary>The server's key. Null: the vendor's variable in the environment. Never reaches an agent, a trace or a log.</summary>
    public string? ApiKey { get; set; }

    /// <summary>More keys, of other accounts or for other addresses; each caller stays with one of them as long as it works. Default none.</summary>
    [ValidateEnumeratedItems]
    public IList<UpstreamKeyOptions> Keys { get; set; } = [];

    /// <summary>Names to list beforehand, and to route here without a prefix; the server may serve others too.</summary>
    public IReadOnlyList<string> Models { get; set; } = [];

    /// <summary>Longest wait for a connection; 100 ms to 5 min, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for a stream's first event that says something, and for what is no answer of a model; 100 ms to 1 h, default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan FirstByteTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait for an answer that comes in one piece: its first byte comes when the model has thought and written all of it. 100 ms to 24 h, default 10 min,
    /// as long as the vendors' own SDKs wait.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan WholeTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest silence inside an answer that has begun; 100 ms to 1 h, default 120 s, which is longer than models think between two tokens.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Longest time from a request to the end of its answer; 100 ms to 24 h, default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromMinutes(10);
}
