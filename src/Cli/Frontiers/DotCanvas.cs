using System.Text;

namespace Espalier.Cli.Frontiers;

/// <summary>A grid of characters to draw on: braille with two by four dots a character, or ASCII with one.</summary>
/// <remarks>Coordinates are dots, from the top left. Solid lines are the frontier's, loose ones are intervals.</remarks>
internal sealed class DotCanvas(int columns, int rows, bool plain)
{
    private static readonly int[] s_bits = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

    private readonly int[] _dots = new int[columns * rows];
    private readonly char[] _over = new char[columns * rows];

    public int Width { get; } = plain ? columns : columns * 2;

    public int Height { get; } = plain ? rows : rows * 4;

    public void Across(int fromX, int toX, int y, bool solid)
    {
        for (var x = Math.Min(fromX, toX); x <= Math.Max(fromX, toX); x++) Draw(x, y, x, solid, solid ? '-' : '.');
    }

    public void Down(int x, int fromY, int toY, bool solid)
    {
        for (var y = Math.Min(fromY, toY); y <= Math.Max(fromY, toY); y++) Draw(x, y, y, solid, solid ? '|' : ':');
    }

    /// <summary>A character that covers whatever is drawn in its cell.</summary>
    public void Mark(int x, int y, char mark) => _over[Cell(x, y)] = mark;

    public string Row(int row)
    {
        var line = new StringBuilder(columns);
        for (var column = 0; column < columns; column++)
        {
            var cell = (row * columns) + column;
            line.Append(_over[cell] != 0 ? _over[cell] : _dots[cell] == 0 ? ' ' : plain ? (char)_dots[cell] : (char)(0x2800 + _dots[cell]));
        }

        return line.ToString();
    }

    private void Draw(int x, int y, int along, bool solid, char ascii)
    {
        if (x < 0 || y < 0 || x >= Width || y >= Height) return;
        if (plain)
        {
            // Where lines cross, the solid one stays.
            if (_dots[Cell(x, y)] is 0 or '.' or ':' || solid) _dots[Cell(x, y)] = ascii;
        }
        else if (solid || along % 2 == 0)
        {
            _dots[Cell(x, y)] |= s_bits[((y % 4) * 2) + (x % 2)];
        }
    }

    private int Cell(int x, int y) => plain
        ? (Math.Clamp(y, 0, rows - 1) * columns) + Math.Clamp(x, 0, columns - 1)
        : (Math.Clamp(y / 4, 0, rows - 1) * columns) + Math.Clamp(x / 2, 0, columns - 1);
}
