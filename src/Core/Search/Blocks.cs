namespace Espalier.Core.Search;

/// <summary>The sizes in which cases are run: a smoke block, then growing ones with a look after each.</summary>
internal static class Blocks
{
    private static readonly int[] Sizes = [4, 20, 36];

    /// <summary>Where a block begins and ends in <paramref name="cases"/> cases; an empty range when all are run.</summary>
    public static (int Start, int End) Range(int block, int cases)
    {
        var start = 0;
        for (var i = 0; i < block; i++) start += SizeOf(i);
        return (Math.Min(start, cases), Math.Min(start + SizeOf(block), cases));
    }

    private static int SizeOf(int block) => block < Sizes.Length ? Sizes[block] : 60;
}
