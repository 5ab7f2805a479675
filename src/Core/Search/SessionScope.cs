using Espalier.Contracts.Agents;
using Espalier.Contracts.Search;

namespace Espalier.Core.Search;

/// <summary>What one running session works with.</summary>
public sealed class SessionScope
{
    internal SessionScope(SessionId session, SessionLog log, SessionPlan plan, AgentContract contract, SearchCases cases)
    {
        Session = session;
        Log = log;
        Plan = plan;
        Contract = contract;
        Cases = cases;
    }

    public SessionId Session { get; }

    public SessionPlan Plan { get; }

    public AgentContract Contract { get; }

    public SearchCases Cases { get; }

    public SessionFold State => Log.State;

    internal SessionLog Log { get; }
}
