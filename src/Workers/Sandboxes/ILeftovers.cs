namespace Espalier.Workers.Sandboxes;

/// <summary>A sandbox that can leave something on the machine when the server is killed.</summary>
internal interface ILeftovers
{
    /// <summary>Takes away what servers that are dead left behind; what living ones have stays.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}
