namespace Espalier.Cli.Output;

/// <summary>One meaning per number, the same for all commands; docs/reference/exit-codes.md says them in full.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Internal = 1;
    public const int Usage = 2;
    public const int NotFound = 5;
    public const int Refused = 6;
    public const int StoppedAtLimit = 7;
    public const int Unreachable = 8;
    public const int NoOutcome = 9;
    public const int Interrupted = 130;
    public const int Terminated = 143;
}
