using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>A host that does all that hosts do, the rude things as well, in an order of its own, and checks every answer.</summary>
internal sealed class SoakClient : IDisposable
{
    private const int PipelinedPings = 50;
    private const int ProgramsOfStorm = 20;

    private static readonly string[] Malformed =
        ["{\"execute\": }", "}", "{\"execute\":\"guest-ping\"", "\u0001\u0002\u0080\u00FE", "[[[[{", "{\"a\":\"\\u12", "nonsense", "{\"execute\":\"guest-info\",}"];

    private static readonly (string Request, string Answer)[] Refused =
    [
        ("""{"execute":"guest-nonesuch"}""", """{"error": {"class": "CommandNotFound", "desc": "The command guest-nonesuch has not been found"}}"""),
        ("""{"execute":"guest-ping","arguments":{"loud":true}}""", """{"error": {"class": "GenericError", "desc": "Parameter 'loud' is unexpected"}}"""),
        ("""{"execute":"guest-file-read","arguments":{}}""", """{"error": {"class": "GenericError", "desc": "Parameter 'handle' is missing"}}"""),
        ("""{"execute":"guest-file-close","arguments":{"handle":1}}""", """{"error": {"class": "GenericError", "desc": "handle '1' has not been found"}}"""),
        ("""{"execute":"guest-exec-status","arguments":{"pid":0}}""", """{"error": {"class": "GenericError", "desc": "PID 0 does not exist"}}"""),
    ];

    private static readonly SoakProgram[] Programs = [SoakProgram.Short, SoakProgram.Short, SoakProgram.Short, SoakProgram.Lines];

    private readonly SoakConnection _connection;
    private readonly SoakInventory _inventory;
    private readonly SoakTally _tally;
    private readonly FreezeClock _clock;
    private readonly Random _random;
    private readonly string _file;
    private readonly (int Share, Action Act)[] _acts;
    private long _syncs;

    internal SoakClient(FreezeLabAgent agent, FreezeClock clock, SoakTally tally, SoakInventory inventory, int number, string folder)
    {
        (_clock, _tally, _inventory) = (clock, tally, inventory);
        _connection = new SoakConnection(agent, clock, tally);
        _random = new Random(number);
        _file = $"{folder}/file{number}";
        _acts =
        [
            (30, TakeInventory), (20, TransferFile), (10, Ping), (10, Sync), (5, SendMalformed), (5, SendRefused),
            (8, () => RunPrograms(ProgramsOfStorm)),
            (3, AskFreezeStatus), (5, Reconnect), (2, BreakOffInRequest), (2, BreakOffInAnswer),
        ];
    }

    /// <summary>Does everything once, so that all the memory that the agent takes on first use is taken.</summary>
    internal void WarmUp()
    {
        foreach (var (_, act) in _acts)
            act();
        TransferFile(SoakContent.Largest);
    }

    /// <summary>Does one thing of all that there is to do.</summary>
    internal void Act()
    {
        var number = _random.Next(_acts.Sum(act => act.Share));
        var index = 0;
        while ((number -= _acts[index].Share) >= 0)
            index++;
        _acts[index].Act();
    }

    /// <summary>Starts programs at once, and asks for each until it has ended.</summary>
    internal void RunPrograms(int count)
    {
        var programs = Enumerable.Range(0, count).Select(_ => Programs[_random.Next(Programs.Length)]).ToArray();
        var pids = _connection.AskAll(Array.ConvertAll(programs, program => program.Request)).Select(
            answer => (long)Qmp.Return(answer)["pid"]!).ToArray();
        for (var index = 0; index < count; index++)
        {
            var request = Qmp.Request("guest-exec-status", ("pid", pids[index]));
            string answer;
            while ((answer = _connection.Ask(request)) == """{"return": {"exited": false}}""")
                Thread.Yield();
            SoakConnection.Check(request, answer, programs[index].Status);
        }

        _tally.AddPrograms(count);
    }

    public void Dispose() => _connection.Dispose();

    private void TakeInventory()
    {
        for (var question = 0; question < 5; question++)
            _inventory.Ask(_connection, _random.Next(_inventory.Count));
    }

    private void TransferFile() => TransferFile(SoakContent.Any(_random));

    private void TransferFile(SoakContent content)
    {
        var handle = Open();
        Write(handle, content);
        _connection.Ask(Qmp.Rewind(handle));
        if (_connection.Ask(content.ReadRequest(handle)) != content.Answer)
            throw new InvalidDataException($"{content.Length} bytes did not come back from {_file}");
        Close(handle);
    }

    private void Ping()
    {
        foreach (var answer in _connection.AskAll([.. Enumerable.Repeat(Qmp.Ping, PipelinedPings)]))
            SoakConnection.Check(Qmp.Ping, answer, Qmp.Pong);
    }

    private void Sync()
    {
        _connection.Expect(Qmp.Sync(++_syncs), $$"""{"return": {{_syncs}}}""");
        SyncDelimited();
    }

    private void SendMalformed()
    {
        _connection.Client.Send(Malformed[_random.Next(Malformed.Length)] + "\n");
        if (SyncDelimited() == 0)
            throw new InvalidDataException("malformed bytes were answered by no error");
    }

    private void SendRefused()
    {
        foreach (var (request, answer) in Refused)
            _connection.Expect(request, answer);
    }

    private void AskFreezeStatus()
    {
        var turn = _clock.Now;
        var status = (string?)Qmp.Return(_connection.Ask(Qmp.FreezeStatus));
        if (status != "thawed" && !(status == "frozen" && _clock.MayHaveBeenFrozenSince(turn)))
            throw new InvalidDataException($"the guest is {status} without a freeze");
    }

    private void Reconnect()
    {
        _connection.BreakOff();
        _connection.Expect(Qmp.Ping, Qmp.Pong);
    }

    private void BreakOffInRequest()
    {
        var handle = Open();
        var request = SoakContent.Any(_random).WriteRequest(handle);
        _connection.Client.Send(request[..^_random.Next(1, request.Length)]);
        _connection.BreakOff();

        // Of a request that did not come to its end nothing is done.
        _connection.Expect(Qmp.Read(handle, 1), """{"return": {"count": 0, "buf-b64": "", "eof": true}}""");
        Close(handle);
    }

    private void BreakOffInAnswer()
    {
        var handle = Open();
        Write(handle, SoakContent.Any(_random));
        _connection.Ask(Qmp.Rewind(handle));
        _connection.Client.Send(Qmp.Read(handle, SoakContent.Largest.Length) + "\n");
        if (_random.Next(2) == 0)
            _connection.Client.ReadBlock();
        _tally.AddRequests(1);
        _connection.BreakOff();
        Close(handle);
    }

    /// <summary>Makes a fresh start, as libvirt does.</summary>
    /// <returns>How many errors were in front of it.</returns>
    private int SyncDelimited()
    {
        _connection.Client.Send("\u00FF" + Qmp.SyncDelimited(++_syncs) + "\n");
        _tally.AddRequests(1);
        for (var errors = 0; ; errors++)
        {
            var answer = _connection.Client.ReadLine() ?? throw new EndOfStreamException("no answer to a sync");
            if (answer.StartsWith('\u00FF'))
            {
                SoakConnection.Check("the sync", answer[1..], $$"""{"return": {{_syncs}}}""");
                return errors;
            }

            _ = Qmp.Error(answer);
        }
    }

    /// <summary>Opens the client's file, and empties it.</summary>
    private long Open() => (long)Qmp.Return(_connection.Ask(Qmp.Open(_file, "w+")));

    private void Write(long handle, SoakContent content) =>
        SoakConnection.Check(
            "guest-file-write", _connection.Ask(content.WriteRequest(handle)), $$$"""{"return": {"count": {{{content.Length}}}, "eof": false}}""");

    private void Close(long handle) => _connection.Expect(Qmp.Close(handle), """{"return": {}}""");
}
