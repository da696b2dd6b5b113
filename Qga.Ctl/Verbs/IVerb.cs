using Qga.Ctl.CommandLine;

namespace Qga.Ctl.Verbs;

/// <summary>Something that the tool does: a class of this kind, and a line in <see cref="VerbList"/>.</summary>
internal interface IVerb
{
    string Name { get; }

    /// <summary>What it does, in a line.</summary>
    string Summary { get; }

    /// <summary>What follows its name, as <c>GUEST COMMAND [JSON]</c>.</summary>
    string Synopsis { get; }

    /// <summary>What else the help says, in lines of at most 80 characters.</summary>
    string Description { get; }

    /// <summary>Its own options; those of <see cref="Option.Common"/> come by themselves.</summary>
    IReadOnlyList<Option> Options => [];

    /// <summary>After how many operands the words of another program follow, whose options are not ours; null for never.</summary>
    int? OperandsBeforeProgram => null;

    /// <summary>What the tool exits with after a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="usual">What it is for other verbs.</param>
    int ExitCodeOf(Exception failure, int usual) => usual;

    /// <summary>Does it.</summary>
    /// <param name="words">What follows its name on the command line.</param>
    /// <param name="context">Where it reads and prints, and by whom it is given up.</param>
    /// <returns>What the tool exits with.</returns>
    /// <exception cref="UsageException">The words make no sense.</exception>
    /// <remarks>
    /// <see cref="Qga.Client.QgaException"/>s, failures of files, and cancellations of <see cref="VerbContext.Cancellation"/> may leave it: the tool
    /// says what they say, and has an exit code for each.
    /// </remarks>
    Task<int> RunAsync(CommandWords words, VerbContext context);
}
