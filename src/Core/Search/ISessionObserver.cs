using Espalier.Contracts.Search;

namespace Espalier.Core.Search;

/// <summary>Hears of progress that is not worth an event: every single case.</summary>
public interface ISessionObserver
{
    void OnPhase(SessionId session, string phase);

    void OnCase(SessionId session);

    void OnDecision(SessionId session, string words);
}
