using System.ComponentModel;
using System.Net.Sockets;

namespace Qga.Client;

/// <summary>A stream can't be opened or has ended. It tells a stream's failure from that of a file on the host.</summary>
internal sealed class StreamLostException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Does something with a stream.</summary>
    internal static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or SocketException or Win32Exception or ObjectDisposedException)
        {
            // Where the runtime has put its own words around the system's, those are taken.
            var own = (failure.InnerException as SocketException)?.Message;
            var isWrapped = own is not null && failure.Message.Contains(own, StringComparison.Ordinal);
            throw new StreamLostException(isWrapped ? own! : failure.Message, failure);
        }
    }
}
