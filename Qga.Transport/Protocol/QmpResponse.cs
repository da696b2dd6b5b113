namespace Qga.Transport.Protocol;

/// <summary>A value that a command returns; it writes itself, members in the order of its declaration.</summary>
public interface IQmpValue
{
    void WriteTo(QmpWriter json);
}

/// <summary>Frequent return values.</summary>
public static class QmpValue
{
    /// <summary><c>{}</c>, what a command without result returns.</summary>
    public static IQmpValue Empty { get; } = new EmptyObject();

    public static IQmpValue Of(long number) => new Integer(number);

    public static IQmpValue Of(string text) => new Text(text);

    /// <summary>A list of objects, the members of each by <paramref name="write"/>.</summary>
    public static IQmpValue ListOf<T>(IReadOnlyList<T> elements, Action<QmpWriter, T> write) => new List<T>(elements, write);

    /// <summary>An object whose members <paramref name="write"/> writes.</summary>
    public static IQmpValue ObjectOf<T>(T value, Action<QmpWriter, T> write) => new Object<T>(value, write);

    private sealed class EmptyObject : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }
    }

    private sealed class Integer(long number) : IQmpValue
    {
        public void WriteTo(QmpWriter json) => json.WriteValue(number);
    }

    private sealed class Text(string text) : IQmpValue
    {
        public void WriteTo(QmpWriter json) => json.WriteValue(text);
    }

    private sealed class List<T>(IReadOnlyList<T> elements, Action<QmpWriter, T> write) : IQmpValue
    {
        public void WriteTo(QmpWriter json) => json.WriteArray(elements, write);
    }

    private sealed class Object<T>(T value, Action<QmpWriter, T> write) : IQmpValue
    {
        public void WriteTo(QmpWriter json) => json.WriteObject(value, write);
    }
}

/// <summary>The outcome of one request: a value, an error, or silence where the protocol wants no word of success.</summary>
public sealed record QmpResponse
{
    private QmpResponse()
    {
    }

    public IQmpValue? Return { get; private init; }

    public QmpError? Error { get; private init; }

    /// <summary>Whether byte 0xFF goes before the answer, as guest-sync-delimited wants it.</summary>
    public bool IsDelimited { get; private init; }

    /// <summary>Whether nothing at all is sent: a command with <c>success-response: false</c> that succeeded.</summary>
    public bool IsSilent => Return is null && Error is null;

    public static QmpResponse Silence { get; } = new();

    public static QmpResponse Success(IQmpValue value, bool isDelimited = false) => new() { Return = value, IsDelimited = isDelimited };

    public static QmpResponse Failure(QmpError error) => new() { Error = error };
}
