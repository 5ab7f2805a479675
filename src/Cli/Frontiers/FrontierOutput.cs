using Espalier.Cli.Output;
using Espalier.Contracts.Frontiers;

namespace Espalier.Cli.Frontiers;

/// <summary>A frontier for people, as wide as their terminal.</summary>
internal static class FrontierOutput
{
    private const int PipeWidth = 120;

    public static void Write(Invocation invocation, FrontierReport report)
    {
        var width = invocation.Terminal is { OutIsTerminal: true, Width: > 0 } terminal ? terminal.Width : PipeWidth;
        invocation.Terminal.Out.Write(FrontierText.Render(report, width, invocation.Plain));
    }

    public static string Text(FrontierReport report, bool plain) => FrontierText.Render(report, PipeWidth, plain);
}
