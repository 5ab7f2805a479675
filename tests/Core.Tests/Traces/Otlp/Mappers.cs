using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Core.Traces.Otlp;
using Espalier.Testing.Otlp;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Tests.Traces.Otlp;

/// <summary>The mapper with all dialects in their order.</summary>
internal static class Mappers
{
    public static OtlpMapper Default { get; } = new ServiceCollection().AddTraces().BuildServiceProvider().GetRequiredService<OtlpMapper>();

    public static OtlpBatch Map(RecordedBody body) => Default.Map(body.Signal, body.Encoding, body.Body);

    public static OtlpBatch Map(OtlpRequest request) => Default.Map(OtlpSignal.Traces, OtlpEncoding.Protobuf, request.ToProtobuf());

    /// <summary>The one span of these attributes.</summary>
    public static Span Map(string name, params (string Key, object Value)[] attributes) => Map(new OtlpSpan { Name = name, Attributes = attributes.ToDictionary(one => one.Key, one => one.Value) });

    public static Span Map(OtlpSpan span, string scope = "test", string service = "shop")
    {
        var batch = Map(new OtlpRequest { Scope = scope, Resource = new Dictionary<string, object> { ["service.name"] = service }, Spans = [span] });
        batch.MalformedReason.ShouldBeNull();
        batch.Reasons.ShouldBeEmpty();
        return batch.Spans.ShouldHaveSingleItem();
    }
}
