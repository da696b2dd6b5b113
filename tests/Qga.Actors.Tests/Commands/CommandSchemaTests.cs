using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Tests.Commands;

public class CommandSchemaTests
{
    public static TheoryData<string> Commands => [.. GuestCommands.Extended.All.Select(spec => spec.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Everything_that_a_command_takes_and_returns_has_a_meaning(string name)
    {
        var schema = CommandSchema.Of(GuestCommands.Extended.Find(name)!);

        Assert.EndsWith(".", schema.Description.Summary, StringComparison.Ordinal);
        Assert.Equal(GuestCommands.Catalog.Find(name) is null, schema.IsOurs);
        Assert.All(schema.Arguments.SelectMany(MembersOf).Concat(MembersOf(schema.Description.Result)), AssertMeaning);
    }

    [Fact]
    public void Arguments_are_what_the_parser_asks_for()
    {
        var schema = CommandSchema.Of(Spec(arguments => new Command(
            arguments.String("text") + arguments.OptionalInteger("number") + arguments.OptionalBooleanOrWord("flag", "Flag", ["on"]))) with
        {
            Describe = () => new CommandDescription("For a test.")
            {
                Arguments = [new("text", "a text"), new("number", "a number") { Unit = "bytes" }, new("flag", "a flag")],
            },
        });

        Assert.Equal(
            [("text", false, "a text"), ("number", true, "a number"), ("flag", true, "a flag")],
            schema.Arguments.Select(member => (member.Name, member.IsOptional, member.Meaning)));
        Assert.Equal([SchemaType.Text, SchemaType.Integer], schema.Arguments.Take(2).Select(member => member.Type));
        Assert.IsType<SchemaType.Alternate>(schema.Arguments[2].Type);
        Assert.Equal("bytes", schema.Arguments[1].Unit);
    }

    [Fact]
    public void Argument_that_is_not_described_is_noticed()
    {
        var spec = Spec(arguments => new Command(arguments.String("text")));

        var failure = Assert.Throws<InvalidOperationException>(() => CommandSchema.Of(spec));
        Assert.Equal("guest-test takes 'text', which is not what its description says", failure.Message);
    }

    [Fact]
    public void Every_mode_of_opening_is_one() => Assert.All(OpenMode.Words, word => Assert.NotNull(OpenMode.TryParse(word)));

    private static CommandSpec Spec(Func<QmpArguments, ICommand> parse) =>
        new("guest-test", Domain.Session, parse, () => new CommandDescription("For a test."), Deadline: null, CommandTraits.None);

    private static void AssertMeaning(SchemaMember member) =>
        Assert.False(member.Meaning.Length == 0 || member.Meaning.EndsWith('.'), $"'{member.Name}' means '{member.Meaning}'");

    private static IEnumerable<SchemaMember> MembersOf(SchemaMember member) => [member, .. MembersOf(member.Type)];

    private static IEnumerable<SchemaMember> MembersOf(SchemaType type) => type switch
    {
        SchemaType.Structure structure => structure.Members.SelectMany(MembersOf),
        SchemaType.List list => MembersOf(list.Element),
        SchemaType.Alternate alternate => alternate.Types.SelectMany(MembersOf),
        _ => [],
    };

    private sealed record Command(string Text) : ICommand;
}
