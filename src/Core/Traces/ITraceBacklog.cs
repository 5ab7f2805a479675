namespace Espalier.Core.Traces;

/// <summary>What was written and cannot be read yet.</summary>
public interface ITraceBacklog
{
    /// <summary>For senders that can wait: returns when what they would write now can be read soon, and after some seconds anyway.</summary>
    Task WaitAsync(CancellationToken cancellationToken);
}
