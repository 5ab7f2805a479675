using System.Net.ServerSentEvents;
using System.Text.Json.Serialization;

namespace Espalier.Server.Hosting;

/// <summary>What routes and queries take beside the contracts: OpenAPI describes parameters by these.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(bool?))]
[JsonSerializable(typeof(DateTimeOffset?))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(long?))]
[JsonSerializable(typeof(SseItem<string>))]
[JsonSerializable(typeof(string))]
internal sealed partial class ServerJson : JsonSerializerContext;
