using System.Text;
using Spectre.Console;

namespace Espalier.Cli.Output;

/// <summary>Consoles that know what their own stream is. Left to itself the library judges by TERM alone and colours a pipe.</summary>
internal static class Consoles
{
    public static IAnsiConsole Create(TextWriter writer, bool isTerminal, Invocation invocation)
    {
        var colours = (isTerminal || invocation.Terminal.Variable("FORCE_COLOR") is { Length: > 0 }) && !invocation.NoColor;
#pragma warning disable RS0030 // Create is what the ban points to: it makes a console and does not touch the static one.
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal || colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = isTerminal && invocation.MayAskByStreams() ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new Output(writer, isTerminal, isTerminal && invocation.Terminal.Width > 0 ? invocation.Terminal.Width : 4096),
        });
#pragma warning restore RS0030
        console.Profile.Capabilities.Unicode = !invocation.Plain;
        return console;
    }

    private static bool MayAskByStreams(this Invocation invocation) =>
        invocation.Terminal is { InIsTerminal: true, ErrIsTerminal: true } && invocation.Terminal.Variable("CI") is null or "";

    private sealed class Output(TextWriter writer, bool isTerminal, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => width;

        public int Height => 40;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
