namespace Qga.Transport.Channels;

/// <summary>Turns whatever the platform throws at an opening into the one exception that says "this channel".</summary>
internal static class ChannelFailure
{
    internal static T Wrap<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception cause) when (cause is not ChannelException)
        {
            throw new ChannelException(cause.Message, cause);
        }
    }

    internal static async ValueTask<T> WrapAsync<T>(Func<ValueTask<T>> open)
    {
        try
        {
            return await open();
        }
        catch (Exception cause) when (cause is not ChannelException)
        {
            throw new ChannelException(cause.Message, cause);
        }
    }
}
