namespace Espalier.Workers.Sandboxes;

/// <summary>The numbers 0, 1, 2, ... of sandboxes that run now; the lowest free one is handed out. Thread-safe.</summary>
internal sealed class Slots(int count)
{
    private readonly Lock _lock = new();
    private readonly SortedSet<int> _given = [];

    public int Take()
    {
        lock (_lock)
        {
            for (var i = 0; i < count; i++)
            {
                if (_given.Add(i)) return i;
            }
        }

        throw new InvalidOperationException($"{count} sandboxes run already.");
    }

    public void GiveBack(int slot)
    {
        lock (_lock) _given.Remove(slot);
    }
}
