namespace Espalier.Core.Traces.Dialects;

/// <summary>Nanoseconds since 1970 as times; one tick is 100 of them.</summary>
internal static class Times
{
    public static DateTimeOffset Of(ulong nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / 100));

    public static TimeSpan Between(ulong start, ulong end) => TimeSpan.FromTicks((long)((end - start) / 100));
}
