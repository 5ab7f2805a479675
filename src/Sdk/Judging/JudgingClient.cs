using Espalier.Contracts;
using Espalier.Contracts.Judging;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Judging;

/// <summary>Versions run on cases and judged.</summary>
public sealed class JudgingClient
{
    private readonly RestCaller _caller;

    internal JudgingClient(RestCaller caller) => _caller = caller;

    /// <summary>Answers when all cases are judged or the budget is spent: minutes, not seconds.</summary>
    public Task<Evaluation> EvaluateAsync(EvaluateRequest request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/judging/evaluations",
            request,
            ContractsJson.Default.EvaluateRequest,
            ContractsJson.Default.Evaluation,
            cancellationToken);
}
