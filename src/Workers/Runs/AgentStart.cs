using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs;

/// <summary>What one run needs to know all along.</summary>
/// <param name="Request">What is to be run.</param>
/// <param name="Protocol">How it is spoken to.</param>
/// <param name="Folder">The version's files on the host.</param>
/// <param name="Secrets">The values of the secrets that its contract names.</param>
/// <param name="Trace">The run's trace.</param>
internal sealed record AgentStart(RunRequest Request, IProtocol Protocol, string Folder, IReadOnlyDictionary<string, string> Secrets, TraceId Trace)
{
    public RunContract Run => Request.Contract.Run;

    public IReadOnlyList<ToolContract> Tools => Request.Contract.Tools;

    public RunContext Context => new()
    {
        Agent = Request.Version.Agent,
        Version = Request.Version.Id,
        TraceId = Trace,
        ParentSpan = Trace.RootSpan(),
        Purpose = Request.Purpose,
        Budget = Request.Budget,
        RunLimit = Request.Contract.Budget.Run,
        UnknownPrice = Request.Contract.Budget.UnknownPrice,
        Conversation = Request.Conversation,
        User = Request.User,
        Session = Request.Session,
        Case = Request.Case,
        ExcludedGroup = Request.ExcludedGroup,
        Tools = Tools,
        Recorded = Request.Recorded,
    };

    public Question Question(string token) => new(Request.Input, token, Trace, Request.OnOutput);
}
