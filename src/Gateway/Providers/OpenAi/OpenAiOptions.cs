using System.ComponentModel.DataAnnotations;

namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>An OpenAI-compatible server to send models to that are not local.</summary>
public sealed class OpenAiOptions
{
    /// <summary>Base address with its version, such as <c>https://api.openai.com/v1</c>. Null: <c>OPENAI_BASE_URL</c>, else none is configured.
    /// When only a key is set, OpenAI's own address is meant.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>The server's key. Null: <c>OPENAI_API_KEY</c>. Never reaches an agent, a trace or a log.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Names to list beforehand; the server may serve others too.</summary>
    public IReadOnlyList<string> Models { get; set; } = [];

    /// <summary>Longest wait for a connection; 100 ms to 5 min, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for the answer's beginning: its first event when it is a stream; 100 ms to 1 h, default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan FirstByteTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest whole answer; 100 ms to 24 h, default 300 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(300);
}
