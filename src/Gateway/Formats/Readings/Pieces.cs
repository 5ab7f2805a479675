using System.Text;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>A text that comes in pieces, most often in one.</summary>
internal sealed class Pieces
{
    private string _whole = "";
    private StringBuilder? _more;
    private bool _isWhole = true;

    public int Length => _more?.Length ?? _whole.Length;

    public void Add(string piece)
    {
        if (_more is null && _whole.Length == 0)
        {
            _whole = piece;
            return;
        }

        _more ??= new StringBuilder(_whole);
        _more.Append(piece);
        _isWhole = false;
    }

    /// <summary>The same instance until another piece comes.</summary>
    public override string ToString()
    {
        if (!_isWhole) (_whole, _isWhole) = (_more!.ToString(), true);
        return _whole;
    }
}
