namespace Espalier.Core.Frontiers.Reports;

/// <summary>Finds places for labels beside their points, one after the other: the first ones get the best places.</summary>
/// <remarks>A label never lies on a point or on another label and never leaves the bounds; when there is no such place it is left out.
/// Lines may be crossed, at a price. Greedy, so the order of the labels is their order of importance.</remarks>
/// <param name="bounds">Where labels may lie.</param>
/// <param name="reach">Pixels between a point and its label at most.</param>
internal sealed class LabelPlacer(Box bounds, double reach)
{
    private static readonly (double X, double Y)[] s_directions =
        [(-1, -1), (1, 1), (1, -1), (-1, 1), (1, 0), (-1, 0), (0, -1), (0, 1), (1, -2.4), (1, 2.4), (-1, -2.4), (-1, 2.4)];

    private static readonly double[] s_distances = [8, 14, 24, 38, 56];

    private readonly List<Box> _solid = [];
    private readonly List<Box> _lines = [];

    /// <summary>Something that no label may cover.</summary>
    public void Block(Box box) => _solid.Add(box);

    /// <summary>A thin thing that a label had better not cover.</summary>
    public void Avoid(Box box) => _lines.Add(box);

    /// <summary>The place of a label of this size for the point, or null; what is returned is taken from then on.</summary>
    public Box? Place(double x, double y, double width, double height)
    {
        Box? best = null;
        var lowest = double.MaxValue;
        for (var d = 0; d < s_distances.Length && s_distances[d] <= reach; d++)
        {
            for (var i = 0; i < s_directions.Length; i++)
            {
                var (dx, dy) = s_directions[i];
                var centreX = x + (dx * ((width / 2) + s_distances[d]));
                var centreY = y + (dy * ((height / 2) + (dx == 0 || dy != 0 ? s_distances[d] * 0.7 : 0)));
                var box = new Box(centreX - (width / 2), centreY - (height / 2), width, height);
                if (box.DistanceTo(x, y) > reach || !bounds.Contains(box) || _solid.Any(box.Overlaps)) continue;
                var price = (d * 9) + (i * 0.5) + _lines.Sum(line => box.Overlaps(line) ? 12 + box.Shared(line) : 0);
                if (price >= lowest) continue;
                lowest = price;
                best = box;
            }
        }

        if (best is { } taken) _solid.Add(taken.Grow(3));
        return best;
    }
}

/// <summary>A rectangle in pixels.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;

    public double Bottom => Y + Height;

    public bool Overlaps(Box other) => X < other.Right && other.X < Right && Y < other.Bottom && other.Y < Bottom;

    public bool Contains(Box other) => other.X >= X && other.Right <= Right && other.Y >= Y && other.Bottom <= Bottom;

    /// <summary>From a point to the nearest edge; 0 inside.</summary>
    public double DistanceTo(double x, double y)
    {
        double dx = x - Math.Clamp(x, X, Right), dy = y - Math.Clamp(y, Y, Bottom);
        return Math.Sqrt((dx * dx) + (dy * dy));
    }

    /// <summary>Length of a thin rectangle's part inside this one.</summary>
    public double Shared(Box other) => Math.Max(
        Math.Min(Right, other.Right) - Math.Max(X, other.X), Math.Min(Bottom, other.Bottom) - Math.Max(Y, other.Y)) / 2;

    public Box Grow(double by) => new(X - by, Y - by, Width + (2 * by), Height + (2 * by));
}
