namespace Espalier.Server.Tests.Traces.Otlp.Fakes;

/// <summary>Tests of both transports share one server, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class OtlpTransport : ICollectionFixture<OtlpTrial>
{
    public const string Name = "otlp transport";
}
