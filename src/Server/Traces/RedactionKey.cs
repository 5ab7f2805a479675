using System.Security.Cryptography;
using System.Text;
using Espalier.Core.Shared;
using Espalier.Core.Traces.Redaction;

namespace Espalier.Server.Traces;

/// <summary>The key of the placeholders that redaction puts: from the file that is named, else from one in the data folder, made at first start.</summary>
internal static class RedactionKey
{
    private const int Bytes = 32;
    private const int Fewest = 32;
    private const int Most = 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static byte[] Read(RedactionOptions options, string dataFolder)
    {
        var file = options.KeyFile ?? Path.Combine(dataFolder, "redaction.key");
        try
        {
            if (options.KeyFile is null && !File.Exists(file)) Make(file);
            var key = Encoding.UTF8.GetBytes(File.ReadAllText(file).Trim());
            return key.Length is >= Fewest and <= Most
                ? key
                : throw new StorageFault(
                    StorageFault.ReadOnly, file, $"The redaction key in {file} has {key.Length} bytes.", $"It has {Fewest} to {Most}: 'openssl rand -hex 32' makes one.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFault(
                StorageFault.ReadOnly, file, $"The redaction key cannot be read from {file}: {e.Message}",
                $"Name a file that this user may read in {RedactionOptions.Section}:KeyFile, or none.", e);
        }
    }

    // Under another name first: a key that is half written would be read as a short one.
    private static void Make(string file)
    {
        var temporary = file + ".new";
        using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes)) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file);
    }
}
