namespace Espalier.Storage.Sqlite;

/// <summary>Points in time as microseconds since 1970 in UTC, which sort and compare the same in every dialect.</summary>
internal static class UnixMicros
{
    public static long From(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset To(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
