namespace Espalier.ChDb;

/// <summary>One data directory, one owner: an exclusive lock on a file in it, gone with the process that holds it.</summary>
internal static class StoreLock
{
    /// <summary>Null when another process keeps the store for the whole of <paramref name="patience"/>.</summary>
    /// <remarks>Patience covers the moment in which the process of a server that was killed notices and leaves.</remarks>
    public static async Task<FileStream?> TryTakeAsync(string folder, TimeSpan patience, TimeProvider time)
    {
        var path = Path.Combine(folder, "owner.lock");
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (time.GetElapsedTime(start) < patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), time);
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}
