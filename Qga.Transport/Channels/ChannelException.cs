namespace Qga.Transport.Channels;

/// <summary>A channel that can't be opened, or whose stream is unusable from here on.</summary>
public sealed class ChannelException(string message, Exception? cause = null) : Exception(message, cause);
