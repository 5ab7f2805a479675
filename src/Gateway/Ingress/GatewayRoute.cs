namespace Espalier.Gateway.Ingress;

/// <summary>Marks an endpoint as one of the gateway's: it answers in its client's format, its own failures included.</summary>
public sealed class GatewayRoute;
