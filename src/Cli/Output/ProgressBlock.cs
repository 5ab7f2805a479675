namespace Espalier.Cli.Output;

/// <summary>Shows work in progress: one block of at most six lines that is redrawn on a terminal, a plain line every few seconds elsewhere.</summary>
/// <remarks>Not thread-safe beyond <see cref="Show"/>, which may be called from anywhere.</remarks>
internal sealed class ProgressBlock : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(30);

    private readonly Invocation _invocation;
    private readonly Lock _gate = new();
    private readonly bool _live;
    private readonly long _started;
    private long _shown;
    private int _drawn;
    private string _last = "";

    public ProgressBlock(Invocation invocation)
    {
        _invocation = invocation;
        _live = invocation.Terminal.ErrIsTerminal && invocation.Terminal.Width > 0;
        _started = invocation.Terminal.Time.GetTimestamp();
    }

    public void Show(params string[] lines)
    {
        if (_invocation.Quiet) return;
        lock (_gate)
        {
            var time = _invocation.Terminal.Time;
            var pause = _live ? Redraw : time.GetElapsedTime(_started) > TimeSpan.FromMinutes(5) ? Seldom : Often;
            if (_shown != 0 && time.GetElapsedTime(_shown) < pause) return;
            _shown = time.GetTimestamp();
            if (_live) Draw(lines);
            else PrintLine(string.Join(" | ", lines.Where(line => line.Length > 0).Select((line, i) => i == 0 ? line : line.Trim())));
        }
    }

    /// <summary>Takes the block away and leaves one line in its place.</summary>
    public void Done(string line)
    {
        lock (_gate)
        {
            Erase();
            _shown = 0;
            _last = "";
            _invocation.Say(line);
        }
    }

    public void Dispose()
    {
        lock (_gate) Erase();
    }

    private void Draw(string[] lines)
    {
        Erase();
        foreach (var line in lines.Where(line => line.Length > 0).Take(6))
        {
            _invocation.Terminal.Err.WriteLine(Text.Cut(line, _invocation.Terminal.Width - 1));
            _drawn++;
        }
    }

    private void Erase()
    {
        if (_drawn > 0) _invocation.Terminal.Err.Write($"\u001b[{_drawn}A\u001b[0J");
        _drawn = 0;
    }

    private void PrintLine(string line)
    {
        if (line == _last) return;
        _last = line;
        _invocation.Terminal.Err.WriteLine(Text.Clean(line));
    }
}
