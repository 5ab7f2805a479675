using System.Text;
using Espalier.ChDb.Engine;
using Espalier.ChDb.Native;

namespace Espalier.ChDb;

/// <summary>Tries what a bad pairing of library and runtime breaks: caught null references and collections between queries.</summary>
/// <remarks>A pairing that does not work hangs or dies here; whoever started the check sets it a time limit.</remarks>
internal static class SelfCheck
{
    private const int Rounds = 50;

    public static async Task<string> RunAsync(ConnectionPool pool)
    {
        var caught = 0;
        for (var round = 0; round < Rounds; round++)
        {
            if (CatchesNullReference(round)) caught++;
            GC.Collect();
            using var lease = await pool.RentAsync(forReading: true, CancellationToken.None);
            using var result = lease.Connection.Query("SELECT sum(number) FROM numbers(100000)", "TabSeparated", []);
            var text = Encoding.UTF8.GetString(result.Slice(0, 64)).Trim();
            if (text != "4999950000") throw new InvalidOperationException($"The engine counted {text} instead of 4999950000.");
        }

        return $"{Rounds} queries answered, {caught} null references caught.";
    }

    private static bool CatchesNullReference(int round)
    {
        // Length of a null array: the processor faults, and the runtime's handler must turn that into an exception.
        var nothing = round < 0 ? new int[1] : null;
        try
        {
            return nothing!.Length < 0;
        }
        catch (NullReferenceException)
        {
            return true;
        }
    }
}
