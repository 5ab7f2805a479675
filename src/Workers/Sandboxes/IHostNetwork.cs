namespace Espalier.Workers.Sandboxes;

/// <summary>A sandbox whose programs reach the gateway at an address of the host instead of through its socket.</summary>
internal interface IHostNetwork
{
    /// <summary>Without a trailing slash; null when the gateway cannot be reached.</summary>
    string? GatewayAddress { get; }
}
