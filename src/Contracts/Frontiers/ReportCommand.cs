namespace Espalier.Contracts.Frontiers;

/// <summary>A command that can be run next.</summary>
/// <param name="Purpose">What it does, as a sentence without its full stop: <c>Serve version 1a2b3c4</c>.</param>
/// <param name="Command">The command line, ready to paste.</param>
public sealed record ReportCommand(string Purpose, string Command);
