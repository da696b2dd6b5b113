using Qga.Actors.Commands;
using Qga.Platform.Policy;

namespace Qga.Actors.Tests.Commands;

public class PolicyTermsTests
{
    private static readonly PolicyVocabulary Terms = PolicyTerms.Of(GuestCommands.Catalog);

    [Fact]
    public void Every_command_is_in_a_set_or_named_as_in_none()
    {
        var inSets = Terms.Sets.SelectMany(set => set.Commands).ToHashSet();

        Assert.Equal(43, Terms.Commands.Count);
        Assert.Equal(PolicyTerms.InNoSet, Terms.Commands.Where(command => !inSets.Contains(command)));
        Assert.Empty(inSets.Except(Terms.Commands));
        Assert.All(Terms.Sets, set => Assert.Equal(set.Commands.Count, set.Commands.Distinct().Count()));
        Assert.Equal(
            ["@session", "@monitor", "@files", "@exec", "@freeze", "@power", "@accounts", "@time", "@hotplug"], Terms.Sets.Select(set => set.Name));
    }

    [Fact]
    public void What_is_never_lost_is_what_a_host_needs_to_get_out_of_a_freeze() => Assert.Equal(
        ["guest-fsfreeze-status", "guest-fsfreeze-thaw", "guest-info", "guest-ping", "guest-sync", "guest-sync-delimited"], Terms.NeverLost.Order(StringComparer.Ordinal));

    [Fact]
    public void Commands_of_our_own_are_lost_as_any_other()
    {
        var extended = PolicyTerms.Of(GuestCommands.Extended);
        var ours = extended.Commands.Except(Terms.Commands).ToList();

        Assert.Equal(["__org.qga_freeze-report"], ours);
        Assert.All(ours, command => Assert.StartsWith("__org.qga_", command, StringComparison.Ordinal));
        Assert.All(ours, command => Assert.True(GuestCommands.Extended.Find(command)!.Is(CommandTraits.Extension)));
        Assert.DoesNotContain(Terms.Commands, command => GuestCommands.Catalog.Find(command)!.Is(CommandTraits.Extension));
        Assert.Equal(Terms.NeverLost.Order(StringComparer.Ordinal), extended.NeverLost.Order(StringComparer.Ordinal));
        Assert.Equal(ours, extended.Sets.SelectMany(set => set.Commands).Except(Terms.Commands));
        Assert.Equal(ours, Terms.Absent);
        Assert.Empty(extended.Absent);
    }

    [Fact]
    public void Commands_of_the_set_for_monitoring_change_nothing()
    {
        var monitor = Terms.Sets.Single(set => set.Name == "@monitor").Commands;

        Assert.All(monitor, command => Assert.Contains("-get-", command, StringComparison.Ordinal));
        Assert.All(monitor, command => Assert.Null(GuestCommands.Catalog.Find(command)!.Describe().Changes));
    }

    /// <summary>What takes time to decide is decided there.</summary>
    [Fact]
    public void What_files_programs_and_accounts_are_asked_for_is_carried_out_on_workers() => Assert.All(
        Terms.Commands.Where(command => (Terms.SubjectsOf(command) & (PolicySubjects.File | PolicySubjects.Program | PolicySubjects.Account)) != PolicySubjects.None),
        command => Assert.Contains(GuestCommands.Catalog.Find(command)!.Domain, (Domain[])[Domain.Files, Domain.Processes, Domain.Accounts]));

    [Fact]
    public void Conditions_are_about_commands_that_there_are() => Assert.Equal(11, Terms.Commands.Count(command => Terms.SubjectsOf(command) != PolicySubjects.None));
}
