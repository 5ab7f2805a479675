using System.Runtime.InteropServices;
using System.Text;
using Espalier.ChDb.Engine;

namespace Espalier.ChDb.Native;

/// <summary>The bytes that a query answered with, in native memory until disposed.</summary>
internal sealed unsafe class Result : IDisposable
{
    private nint _handle;

    /// <summary>Takes over the result; throws, and frees it, when it carries an error.</summary>
    public Result(nint handle)
    {
        if (handle == 0) throw new EngineException(ErrorCodes.Unknown, "The engine gave no result.");
        var error = LibChDb.ResultError(handle);
        if (error is not null)
        {
            var text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(error));
            LibChDb.DestroyResult(handle);
            throw EngineException.FromText(text);
        }

        _handle = handle;
    }

    public long Length => (long)LibChDb.ResultLength(_handle);

    /// <summary>Bytes from <paramref name="offset"/>; at most <paramref name="most"/> of them.</summary>
    public ReadOnlySpan<byte> Slice(long offset, int most) =>
        new(LibChDb.ResultBuffer(_handle) + offset, (int)Math.Min(most, Length - offset));

    public void Dispose()
    {
        if (_handle != 0) LibChDb.DestroyResult(_handle);
        _handle = 0;
    }
}
