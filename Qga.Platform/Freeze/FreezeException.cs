namespace Qga.Platform.Freeze;

/// <summary>The guest can't be frozen as asked; the message names what is in the way.</summary>
public sealed class FreezeException(string message) : Exception(message);
