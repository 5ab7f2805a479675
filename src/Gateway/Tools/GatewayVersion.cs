namespace Espalier.Gateway.Tools;

/// <summary>The version that tool servers are told.</summary>
internal static class GatewayVersion
{
    public static string Text { get; } = typeof(GatewayVersion).Assembly.GetName().Version!.ToString(3);
}
