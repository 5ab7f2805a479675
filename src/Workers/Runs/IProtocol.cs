using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs;

/// <summary>How a request reaches a started agent, and how its answer comes back. One folder each.</summary>
internal interface IProtocol
{
    RunProtocol Word { get; }

    /// <summary>True when a process stays for the next request.</summary>
    bool IsWarm { get; }

    /// <summary>True when the agent serves on <c>$PORT</c>.</summary>
    bool Listens { get; }

    /// <param name="process">Just started.</param>
    /// <param name="contract">The protocol is this one.</param>
    /// <param name="outputBytes">Most of one answer.</param>
    IAgentProcess Attach(ISandboxProcess process, RunContract contract, int outputBytes);
}

/// <summary>A started agent that can be asked. Disposing does not end the process.</summary>
internal interface IAgentProcess : IDisposable
{
    /// <summary>Waits until it can be asked; null when it can, else why not.</summary>
    Task<Outcome?> WaitUntilReadyAsync(CancellationToken cancellationToken);

    /// <exception cref="OperationCanceledException">No answer until cancelled; it is not to be asked again.</exception>
    Task<Answer> AskAsync(Question question, CancellationToken cancellationToken);
}

/// <param name="Outcome">What became of the request.</param>
/// <param name="Reusable">True when the agent kept to the protocol and can be asked again.</param>
internal readonly record struct Answer(Outcome Outcome, bool Reusable);

/// <summary>One request to an agent.</summary>
/// <param name="Input">What is asked.</param>
/// <param name="Token">The run token of this request.</param>
/// <param name="Trace">The trace that the agent's own spans belong to.</param>
/// <param name="OnOutput">Gets pieces of the answer as they come; null: nobody does.</param>
internal sealed record Question(string Input, string Token, TraceId Trace, Func<string, CancellationToken, ValueTask>? OnOutput)
{
    /// <summary>For whoever continues the trace, in the form of W3C Trace Context.</summary>
    public string TraceParent => $"00-{Trace.Value}-{Trace.RootSpan().Value}-01";
}
