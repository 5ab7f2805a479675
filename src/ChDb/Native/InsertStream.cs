using System.Runtime.InteropServices;
using System.Text;
using Espalier.ChDb.Engine;

namespace Espalier.ChDb.Native;

/// <summary>An insert in progress: rows are appended, then committed or dropped as a whole.</summary>
internal sealed unsafe class InsertStream(nint handle) : IDisposable
{
    private bool _open = true;

    /// <summary>Copies the bytes; may wait for the engine.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            if (LibChDb.Append(handle, bytes, (nuint)data.Length) != 0) throw Error();
        }
    }

    public void Commit()
    {
        _open = false;
        new Result(LibChDb.FinishInsert(handle)).Dispose();
    }

    public void Dispose()
    {
        if (_open) LibChDb.CancelInsert(handle);
        _open = false;
        LibChDb.DestroyInsert(handle);
    }

    public void ThrowIfFailed()
    {
        if (LibChDb.InsertError(handle) is not null) throw Error();
    }

    private EngineException Error()
    {
        var text = LibChDb.InsertError(handle);
        return EngineException.FromText(text is null
            ? "The engine refused the rows without a reason."
            : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text)));
    }
}
