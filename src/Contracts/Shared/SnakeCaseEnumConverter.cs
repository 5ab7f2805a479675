using System.Text.Json;
using System.Text.Json.Serialization;

namespace Espalier.Contracts.Shared;

/// <summary>Enums as snake_case words, never as numbers.</summary>
public sealed class SnakeCaseEnumConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
