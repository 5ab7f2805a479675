// Compiled on purpose: the checker has to find every violation below and to leave the rest alone.
#pragma warning disable MA0182, CA1822, CA1852, S1144 // reason: nothing runs these types, their IL is what is tested.

namespace Espalier.Repository.Tests.Samples.Core.Search
{
    internal sealed class Session
    {
        public static int Count => 1;
    }

    internal sealed class UsesEarlierSlice
    {
        public Agents.Keeps? Kept { get; init; }
    }
}

namespace Espalier.Repository.Tests.Samples.Core.Agents
{
    internal sealed class Keeps;

    internal sealed class NamesLaterInBody
    {
        public int Count() => Search.Session.Count;
    }

    internal sealed class NamesLaterInIterator
    {
        public IEnumerable<int> Counts()
        {
            yield return Search.Session.Count;
        }
    }

    internal sealed class NamesLaterInLambda
    {
        public Func<int> Count(int more) => () => Search.Session.Count + more;
    }

    internal sealed class NamesLaterInSignature
    {
        public Search.Session? Find(int number) => number == 0 ? null : throw new ArgumentOutOfRangeException(nameof(number));
    }

    internal sealed class NamesLaterInTypeArgument
    {
        public IReadOnlyList<IReadOnlyDictionary<string, Search.Session>> All { get; } = [];
    }

    [System.ComponentModel.TypeConverter(typeof(Search.Session))]
    internal sealed class NamesLaterInAttribute;
}
