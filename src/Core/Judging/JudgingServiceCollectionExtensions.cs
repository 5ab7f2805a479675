using Espalier.Core.Judging.Judges.Expected;
using Espalier.Core.Judging.Judges.Rubric;
using Espalier.Core.Judging.Judges.Tests;
using Espalier.Core.Judging.Judges.Verifier;
using Espalier.Core.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Judging;

/// <summary>Every judge on one visible list.</summary>
public static class JudgingServiceCollectionExtensions
{
    public static IServiceCollection AddJudges(this IServiceCollection services) => services
        .AddSingleton<IJudge, ExpectedJudge>()
        .AddSingleton<IJudge, VerifierJudge>()
        .AddSingleton<IJudge, RubricJudge>()
        .AddSingleton<IJudge, TestsJudge>()
        .AddSingleton<JudgeSelector>()
        .AddSingleton<ProviderPace>()
        .AddSingleton<IProviderWatch>(provider => provider.GetRequiredService<ProviderPace>())
        .AddSingleton<EvaluationRunner>();
}
