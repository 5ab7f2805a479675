namespace Espalier.ChDb.Native;

/// <summary>Keeps .NET's signal handlers while libchdb connects.</summary>
/// <remarks>
/// libchdb installs its own handlers. With SIGSEGV taken, a managed NullReferenceException hangs the process; with SIGRTMIN taken,
/// the runtime cannot suspend threads for a collection, and switching handlers off in the library leaves that one taken.
/// </remarks>
internal static unsafe class SignalGuard
{
    // ILL, TRAP, ABRT, BUS, FPE, SEGV, TSTP, SYS and SIGRTMIN on Linux x64: what the library takes, nothing else.
    private static readonly int[] Signals = [4, 5, 6, 7, 8, 11, 20, 31, 34];

    // struct sigaction has 152 bytes in glibc; more does no harm.
    private const int ActionBytes = 256;

    public static T Run<T>(Func<T> connect)
    {
        var saved = stackalloc byte[Signals.Length * ActionBytes];
        for (var i = 0; i < Signals.Length; i++) Check(LibC.SignalAction(Signals[i], null, saved + i * ActionBytes), Signals[i]);
        try
        {
            return connect();
        }
        finally
        {
            for (var i = 0; i < Signals.Length; i++) Check(LibC.SignalAction(Signals[i], saved + i * ActionBytes, null), Signals[i]);
        }
    }

    private static void Check(int result, int signal)
    {
        if (result != 0) throw new InvalidOperationException($"sigaction failed for signal {signal}.");
    }
}
