using Espalier.Testing.Otlp;
using Shouldly;

namespace Espalier.Core.Tests.Traces.Otlp;

/// <summary>Real clients' bytes, and what each run really did.</summary>
public sealed class CaptureTests
{
    public static TheoryData<string> All()
    {
        var names = RecordedRequests.Names();
        return names.Count == 0 ? new TheoryData<string>("none") : new TheoryData<string>(names);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Map_RecordedRun_SaysWhatHappenedAndNothingElse(string name)
    {
        Assert.SkipWhen(name == "none", "There is no folder of captures; set ESPALIER_SHARED.");
        new CaptureFacts(RecordedRequests.Read(name)).Differences().ShouldBeEmpty();
    }
}
