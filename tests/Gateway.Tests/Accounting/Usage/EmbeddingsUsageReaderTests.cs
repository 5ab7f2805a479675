using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Tests.Accounting.Usage;

public sealed class EmbeddingsUsageReaderTests
{
    [Fact]
    public void Body_InputOnly_HasNoOutputAndIsWholeAllTheSame()
    {
        var reader = new EmbeddingsUsageReader();
        reader.ReadBody("""{"object":"list","model":"text-embedding-3-small","data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}"""u8);
        var usage = reader.Report();
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 3, OutputText = 0 });
        (usage.Measured, usage.Model).ShouldBe((true, "text-embedding-3-small"));
    }

    [Fact]
    public void Body_NoUsage_EstimatesTheInputAlone()
    {
        var reader = new EmbeddingsUsageReader();
        reader.ReadBody("""{"embeddings":[{"values":[0.0]}]}"""u8);
        reader.Report().Complete(40, 4000).ShouldBe((new TokenUsage { InputUncached = 10, OutputText = 0 }, true));
    }
}
