using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Protocol;

public class QmpArgumentsTests
{
    private static readonly string[] Words = ["set", "cur", "end"];

    public static TheoryData<JToken> NoStrings => [JValue.CreateNull(), 1L, 1.5, true, new JArray(), new JObject()];

    public static TheoryData<JToken> NoLists => [JValue.CreateNull(), 1L, 1.5, true, "x", Bytes("x"), new JObject()];

    public static TheoryData<JToken> NoIntegers =>
        [JValue.CreateNull(), "1", Bytes("1"), 1.0, true, (ulong)long.MaxValue + 1, ulong.MaxValue, new JArray(), new JObject()];

    [Theory]
    [MemberData(nameof(NoStrings))]
    public void String_is_nothing_else(JToken value)
    {
        Assert.Equal("Invalid parameter type for 'a', expected: string", Failure(value, arguments => arguments.String("a")));
        Assert.Equal("Invalid parameter type for 'a', expected: string", Failure(value, arguments => arguments.OptionalString("a")));
        Assert.Equal("Invalid parameter type for 'a', expected: string", Failure(value, arguments => arguments.Utf8("a").Memory.Length));
    }

    [Fact]
    public void String_that_is_longer_than_anything_it_may_stand_for_is_refused_but_for_base64()
    {
        const int Most = 1024 * 1024;
        Assert.Equal(Most, new QmpArguments(new JObject { ["a"] = Bytes(new string('x', Most)) }).String("a").Length);

        Assert.Equal($"Parameter 'a' has {Most + 1} bytes, more than {Most}", Failure(TooLong(), arguments => arguments.String("a")));
        Assert.Equal(
            $"Parameter 'a[0]' has {Most + 1} bytes, more than {Most}", Failure(new JArray(TooLong()), arguments => arguments.OptionalStrings("a")));
        Assert.Equal(Most + 1, new QmpArguments(new JObject { ["a"] = TooLong() }).Utf8("a").Memory.Length);

        static JToken TooLong() => Bytes(new string('x', Most + 1));
    }

    [Fact]
    public void Names_in_errors_are_cut()
    {
        var arguments = new QmpArguments(new JObject { [new string('x', 20_000)] = 1 });

        Assert.Equal($"Parameter '{new string('x', 16 * 1024)}...' is unexpected", Assert.Throws<CommandException>(arguments.End).Message);
    }

    [Theory]
    [MemberData(nameof(NoLists))]
    public void List_is_nothing_else(JToken value) => Assert.Equal(
        "Invalid parameter type for 'a', expected: array", Failure(value, arguments => arguments.OptionalStrings("a")));

    [Theory]
    [MemberData(nameof(NoStrings))]
    public void Element_that_is_no_string_is_named_by_its_place(JToken value)
    {
        Assert.Equal("Invalid parameter type for 'a[0]', expected: string", Element(value));
        Assert.Equal("Invalid parameter type for 'a[1]', expected: string", Element("x", value, 7));

        static string Element(params JToken[] list) => Failure(new JArray(list), arguments => arguments.OptionalStrings("a"));
    }

    [Fact]
    public void List_has_strings_in_both_forms()
    {
        Assert.Equal(["tëxt", "", "tëxt"], With(new JArray("tëxt", "", Bytes("tëxt"))).OptionalStrings("a")!);
        Assert.Empty(With(new JArray()).OptionalStrings("a")!);
    }

    [Theory]
    [MemberData(nameof(NoIntegers))]
    public void Integer_is_nothing_else(JToken value)
    {
        Assert.Equal("Invalid parameter type for 'a', expected: integer", Failure(value, arguments => arguments.Integer("a")));
        Assert.Equal("Invalid parameter type for 'a', expected: integer", Failure(value, arguments => arguments.OptionalInteger("a")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Integer_has_64_bits(long value)
    {
        Assert.Equal(value, With(value).Integer("a"));
        Assert.Equal(value, With(value).OptionalInteger("a"));
        Assert.Equal((value, null), With(value).IntegerOrWord("a", "Whence", Words));
    }

    [Theory]
    [InlineData(0L, 0ul)]
    [InlineData(-1L, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void Unsigned_integer_has_64_bits_and_takes_a_sign(object value, ulong expected) =>
        Assert.Equal(expected, With(JToken.FromObject(value)).UnsignedInteger("a"));

    [Fact]
    public void Unsigned_integer_is_nothing_else()
    {
        foreach (var value in new JToken[] { JValue.CreateNull(), "1", 1.0, true, new JArray() })
            Assert.Equal("Parameter 'a' expects uint64", Failure(value, arguments => arguments.UnsignedInteger("a")));
    }

    [Fact]
    public void Boolean_is_nothing_else()
    {
        Assert.True(With(value: true).Boolean("a"));
        Assert.False(With(value: false).OptionalBoolean("a"));
        foreach (var value in new JToken[] { JValue.CreateNull(), "true", 1L, new JObject() })
            Assert.Equal("Invalid parameter type for 'a', expected: boolean", Failure(value, arguments => arguments.Boolean("a")));
    }

    [Fact]
    public void Alternate_of_a_boolean_and_a_word_is_one_or_the_other_or_neither()
    {
        Assert.Equal((true, null), With(value: true).OptionalBooleanOrWord("a", "Capture", Words));
        Assert.Equal((null, "end"), With(Bytes("end")).OptionalBooleanOrWord("a", "Capture", Words));
        Assert.Equal((null, null), new QmpArguments([]).OptionalBooleanOrWord("a", "Capture", Words));
        Assert.Equal("Parameter 'a' does not accept value 'x'", Failure("x", arguments => arguments.OptionalBooleanOrWord("a", "Capture", Words)));
        Assert.Equal(
            "Invalid parameter type for 'a', expected: Capture", Failure(1L, arguments => arguments.OptionalBooleanOrWord("a", "Capture", Words)));
    }

    [Fact]
    public void Member_of_an_object_in_a_list_is_named_by_its_place()
    {
        var good = new JObject { ["b"] = 1 };
        Assert.Equal([1L, 1L], Objects(new JArray(good, good)));
        Assert.Empty(Objects(new JArray()));
        Assert.Equal("Invalid parameter type for 'a', expected: array", Failure(good, Read));
        Assert.Equal("Invalid parameter type for 'a[1]', expected: object", Failure(new JArray(good, 1), Read));
        Assert.Equal("Parameter 'a[1].b' is missing", Failure(new JArray(good, new JObject()), Read));
        Assert.Equal("Invalid parameter type for 'a[0].b', expected: integer", Failure(new JArray(new JObject { ["b"] = "x" }), Read));
        Assert.Equal("Parameter 'a[0].c' is unexpected", Failure(new JArray(new JObject { ["b"] = 1, ["c"] = 1 }), Read));

        static IReadOnlyList<long> Read(QmpArguments arguments) => arguments.Objects("a", element => element.Integer("b"));
        static IReadOnlyList<long> Objects(JArray list) => Read(With(list));
    }

    [Fact]
    public void String_is_the_same_in_both_forms()
    {
        foreach (var value in (Func<JToken>[])[() => "tëxt", () => Bytes("tëxt")])
        {
            Assert.Equal("tëxt", With(value()).String("a"));
            Assert.Equal("tëxt", With(value()).OptionalString("a"));
            Assert.Equal("tëxt"u8, With(value()).Utf8("a").Memory.Span);
        }
    }

    [Fact]
    public void Long_string_is_handed_over_without_a_copy()
    {
        var text = TransferBuffer.Rent(2000);

        Assert.Same(text, With(new LongString(text)).Utf8("a"));
    }

    [Fact]
    public void Absent_parameter_is_missing_unless_it_is_optional()
    {
        var none = new QmpArguments([]);

        Assert.Null(none.OptionalString("a"));
        Assert.Null(none.OptionalInteger("a"));
        Assert.Null(none.OptionalStrings("a"));
        Assert.Null(none.OptionalUtf8("a"));
        Assert.Null(none.OptionalBoolean("a"));
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.Strings("a")).Message);
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.Boolean("a")).Message);
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.UnsignedInteger("a")).Message);
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.Objects("a", _ => 0)).Message);
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.String("a")).Message);
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.Integer("a")).Message);
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.Utf8("a")).Message);
        Assert.Equal("Parameter 'a' is missing", Assert.Throws<CommandException>(() => none.IntegerOrWord("a", "Whence", Words)).Message);
    }

    [Fact]
    public void Alternate_takes_a_word_in_both_forms()
    {
        Assert.Equal((null, "cur"), With("cur").IntegerOrWord("a", "Whence", Words));
        Assert.Equal((null, "end"), With(Bytes("end")).IntegerOrWord("a", "Whence", Words));
    }

    [Fact]
    public void Alternate_refuses_everything_else()
    {
        Assert.Equal("Parameter 'a' does not accept value 'Set'", Alternate("Set"));
        Assert.Equal("Parameter 'a' does not accept value ''", Alternate(""));
        Assert.Equal("Invalid parameter type for 'a', expected: integer", Alternate(1.0));
        Assert.Equal("Invalid parameter type for 'a', expected: integer", Alternate(ulong.MaxValue));
        Assert.Equal("Invalid parameter type for 'a', expected: Whence", Alternate(JValue.CreateNull()));
        Assert.Equal("Invalid parameter type for 'a', expected: Whence", Alternate(true));
        Assert.Equal("Invalid parameter type for 'a', expected: Whence", Alternate(new JObject()));

        static string Alternate(JToken value) => Failure(value, arguments => arguments.IntegerOrWord("a", "Whence", Words));
    }

    [Fact]
    public void First_argument_that_nobody_took_is_unexpected()
    {
        var arguments = new QmpArguments(new JObject { ["a"] = 1, ["b"] = JValue.CreateNull(), ["c"] = 2 });
        arguments.Integer("a");

        Assert.Equal("Parameter 'b' is unexpected", Assert.Throws<CommandException>(arguments.End).Message);
    }

    [Fact]
    public void Nothing_is_unexpected_once_all_is_taken()
    {
        var arguments = new QmpArguments(new JObject { ["b"] = "x", ["a"] = 1 });
        arguments.Integer("a");
        arguments.OptionalString("b");
        arguments.OptionalString("c");

        arguments.End();
    }

    private static LongString Bytes(string text) => new(TransferBuffer.Of(Encoding.UTF8.GetBytes(text)));

    private static QmpArguments With(JToken value) => new(new JObject { ["a"] = value });

    private static string Failure<T>(JToken value, Func<QmpArguments, T> read) =>
        Assert.Throws<CommandException>(() => { _ = read(With(value)); }).Message;
}
