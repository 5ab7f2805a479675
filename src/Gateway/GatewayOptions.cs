using System.ComponentModel.DataAnnotations;
using Espalier.Core.Runs;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers.Anthropic;
using Espalier.Gateway.Providers.AzureOpenAi;
using Espalier.Gateway.Providers.Breakers;
using Espalier.Gateway.Providers.Compatible;
using Espalier.Gateway.Providers.Gemini;
using Espalier.Gateway.Providers.OpenAi;
using Espalier.Gateway.Tools;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway;

/// <summary>How the gateway serves calls.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Largest request in bytes; 1 KiB to 1 GiB, default 32 MiB, which fits long contexts with images.</summary>
    [Range(1024, 1 << 30)]
    public long MaxBodyBytes { get; set; } = 32L << 20;

    /// <summary>More tries after a first one that failed before its first byte; 0 to 10, default 2.</summary>
    [Range(0, 10)]
    public int MaxRetries { get; set; } = 2;

    /// <summary>Longest wait that a provider may ask for before the next try; above it the error is passed on. 0 to 5 min, default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>After this time no more tries begin, neither again nor at a fallback; the one that runs goes on. 1 s to 1 h, default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MaxTryTime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>When keys of providers that fail are left alone.</summary>
    [ValidateObjectMembers]
    public BreakerOptions Breaker { get; set; } = new();

    /// <summary>Answers to requests that were made before.</summary>
    [ValidateObjectMembers]
    public CacheOptions Cache { get; set; } = new();

    /// <summary>How often wrong keys may be sent.</summary>
    [ValidateObjectMembers]
    public WrongKeyOptions WrongKeys { get; set; } = new();

    /// <summary>Who is asked when a model fails, by the name that was asked for; a version's own <c>router.yaml</c> goes before it. Default none.</summary>
    public IDictionary<string, IList<FallbackOptions>> Fallbacks { get; set; } = new Dictionary<string, IList<FallbackOptions>>();

    /// <summary>How long an answer is still read after its client went away, to learn what it cost; 0 to 5 min, default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainLimit { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Most bytes of text of a stream that are still read after its client went away; 0 to 1 GiB, default 64 KiB, some 16,000 tokens. What comes
    /// after that is not waited for, and the usage is an estimate.</summary>
    [Range(0, 1 << 30)]
    public long DrainBytes { get; set; } = 64 * 1024;

    /// <summary>Longest time in which a request's body must be here, however it comes; 1 s to 1 h, default 5 min, in which 32 MiB come at 110 KiB/s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most bytes that spans take while they wait to be stored; beyond that calls wait. 1 MiB to 16 GiB, default 256 MiB.</summary>
    [Range(1L << 20, 1L << 34)]
    public long TraceQueueBytes { get; set; } = 256L << 20;

    /// <summary>Tokens of output to reserve money for when a request sets no limit; 1 to 1,000,000, default 1,024.</summary>
    [Range(1, 1_000_000)]
    public int ReservedOutputTokens { get; set; } = 1024;

    /// <summary>Uses of a provider's own tool (a web search) to reserve money for when a request allows it and sets no limit; 0 to 1,000, default 5.</summary>
    [Range(0, 1000)]
    public int ReservedToolCalls { get; set; } = 5;

    /// <summary>After this a reservation that nobody ended is given back; longer than any call may take, else a call's money is reserved no more
    /// while it runs. 1 min to 2 days, default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "2.00:00:00")]
    public TimeSpan ReservationLease { get; set; } = ILedger.DefaultLease;

    /// <summary>How often providers are asked after responses in the background and batches, to learn what they cost; 1 s to 1 h, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan DeferredPollInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After this nobody asks any more, and the cost is unknown; 1 h to 30 days, default 3 days: providers end a batch after one.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "30.00:00:00")]
    public TimeSpan DeferredPatience { get; set; } = TimeSpan.FromDays(3);

    /// <summary>Folder of the encrypted keys of providers and, unless it is given elsewhere, of the master key; null keeps none.</summary>
    public string? KeyFolder { get; set; }

    /// <summary>Path of the operator's own price file, of the form of the built-in one; null for none.</summary>
    public string? PriceFile { get; set; }

    /// <summary>Tool servers that agents reach through the gateway.</summary>
    [ValidateObjectMembers]
    public ToolOptions Tools { get; set; } = new();

    /// <summary>OpenAI, or the one server that plain model names of no other vendor go to.</summary>
    [ValidateObjectMembers]
    public OpenAiOptions OpenAi { get; set; } = new();

    /// <summary>Anthropic: models whose names begin with <c>claude-</c>.</summary>
    [ValidateObjectMembers]
    public AnthropicOptions Anthropic { get; set; } = new();

    /// <summary>Google's Gemini API: models whose names begin with <c>gemini-</c>.</summary>
    [ValidateObjectMembers]
    public GeminiOptions Gemini { get; set; } = new();

    /// <summary>Azure OpenAI: models named <c>azure/MODEL</c>, and OpenAI's where no other server is set.</summary>
    [ValidateObjectMembers]
    public AzureOpenAiOptions Azure { get; set; } = new();

    /// <summary>More servers that speak OpenAI's chat completions, by the name that is put before their models: <c>groq/llama-3.3-70b</c>.</summary>
    public IDictionary<string, CompatibleOptions> Compatible { get; set; } = new Dictionary<string, CompatibleOptions>();
}

/// <summary>Generated checks of <see cref="GatewayOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;
