namespace Espalier.Workers.Sandboxes;

/// <summary>What the users that sandboxes run under must be able to reach.</summary>
internal static class RunUsers
{
    /// <summary>The gateway's socket is guarded by its folder and by run tokens; connecting to it takes the right to write it.</summary>
    public static void Open(string socket)
    {
        const UnixFileMode everyone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(socket) & UnixFileMode.OtherWrite) == UnixFileMode.None) File.SetUnixFileMode(socket, everyone);
    }
}
