namespace Qga.Transport.Protocol;

/// <summary>An array that is needed now and then. It is there for the next time, but only until the garbage collector comes by.</summary>
internal sealed class SpareArray(int length)
{
    private readonly WeakReference<byte[]?> _array = new(target: null);

    /// <summary>The array, for one user at a time; its content is undefined.</summary>
    internal byte[] Take()
    {
        if (!_array.TryGetTarget(out var array))
            _array.SetTarget(array = GC.AllocateUninitializedArray<byte>(length));
        return array;
    }
}
