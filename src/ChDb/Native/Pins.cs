using System.Runtime.InteropServices;

namespace Espalier.ChDb.Native;

/// <summary>Byte arrays held still as the parallel arrays of pointers and lengths that C wants.</summary>
internal sealed unsafe class Pins : IDisposable
{
    private readonly GCHandle[] _handles;

    public Pins(byte[][] items)
    {
        _handles = new GCHandle[items.Length];
        Pointers = (byte**)NativeMemory.Alloc((nuint)Math.Max(1, items.Length), (nuint)sizeof(byte*));
        Lengths = (nuint*)NativeMemory.Alloc((nuint)Math.Max(1, items.Length), (nuint)sizeof(nuint));
        for (var i = 0; i < items.Length; i++)
        {
            // An empty array has no first byte to point at.
            _handles[i] = GCHandle.Alloc(items[i].Length == 0 ? new byte[1] : items[i], GCHandleType.Pinned);
            Pointers[i] = (byte*)_handles[i].AddrOfPinnedObject();
            Lengths[i] = (nuint)items[i].Length;
        }
    }

    public byte** Pointers { get; private set; }

    public nuint* Lengths { get; private set; }

    public void Dispose()
    {
        if (Pointers is null) return;
        foreach (var handle in _handles) handle.Free();
        NativeMemory.Free(Pointers);
        NativeMemory.Free(Lengths);
        Pointers = null;
        Lengths = null;
    }
}
