using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Search;

/// <summary>One bounded search: <c>ses_</c> and a time-ordered id.</summary>
[JsonConverter(typeof(StringIdConverter<SessionId>))]
public readonly record struct SessionId(string Value) : IStringId<SessionId>
{
    public static SessionId From(string value) => new(value);

    public override string ToString() => Value;
}
