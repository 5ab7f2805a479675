namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>Finds the helper program of <c>eng/forwarder</c>.</summary>
internal static class ForwarderProgram
{
    /// <summary>The configured path, else beside the server, else in <c>artifacts/forwarder</c> of the checkout it was built in; null when missing.</summary>
    public static string? Find(string? configured)
    {
        if (configured is not null) return Programs.IsExecutable(configured) ? Path.GetFullPath(configured) : null;
        var beside = Path.Combine(AppContext.BaseDirectory, "forwarder");
        if (Programs.IsExecutable(beside)) return beside;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var built = Path.Combine(folder.FullName, "artifacts", "forwarder", "forwarder");
            if (Programs.IsExecutable(built)) return built;
        }

        return null;
    }
}
