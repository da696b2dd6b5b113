namespace Qga.Platform.Policy;

/// <summary>Decides of a file before it is opened for anything, or run; called once it is known what a path leads to.</summary>
/// <param name="file">What it leads to.</param>
/// <returns>How it may be used; null for as if there was no policy.</returns>
/// <exception cref="PolicyRefusalException">It may not be used.</exception>
public delegate PolicyDecision? FileJudge(ResolvedFile file);
