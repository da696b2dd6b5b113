using System.Text;
using Akka.Event;
using Qga.Actors.Commands;
using Qga.Platform;
using Qga.Platform.Policy;
using Qga.Platform.Policy.Reading;
using Qga.Testing;
using Qga.Transport;
using Qga.Transport.Activity;

namespace Qga.Actors.Tests;

/// <summary>
/// Every command with marks in what is nobody's business: contents, passwords, keys, values of variables. None is in a record or a line of syslog,
/// nor in what actors log at any level, whether it succeeds or fails.
/// </summary>
public sealed class SecretsTests : AgentFixture
{
    private const string Mark = "s3cr3t";

    private static readonly string Encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"xx{Mark}"));

    /// <summary>All that a host can ask for; what has secrets has marks in their place.</summary>
    private static readonly Dictionary<string, string[]> Requests = new()
    {
        ["guest-exec"] =
        [
            $$"""{"path":"/x","env":["A={{Mark}}","{{Mark}}"],"input-data":"{{Encoded}}","capture-output":true}""",
            $$"""{"path":"/x","env":["A={{Mark}}"],"input-data":"{{Mark}}!"}""",
        ],
        ["guest-exec-status"] = ["""{"pid":5000}""", """{"pid":1}"""],
        ["guest-file-open"] = ["""{"path":"/x","mode":"w"}"""],
        ["guest-file-write"] = [$$"""{"handle":1000,"buf-b64":"{{Encoded}}"}""", $$"""{"handle":1000,"buf-b64":"{{Mark}}!"}""", $$"""{"handle":7,"buf-b64":"{{Encoded}}"}"""],
        ["guest-file-read"] = ["""{"handle":1000}"""],
        ["guest-set-user-password"] =
        [
            $$"""{"username":"bob","password":"{{Encoded}}","crypted":false}""", $$"""{"username":"bob","password":"{{Mark}}!","crypted":true}""",
            $$"""{"username":"bob","password":["{{Mark}}"],"crypted":true}""",
        ],
        ["guest-ssh-add-authorized-keys"] = [$$"""{"username":"bob","keys":["{{Mark}}"]}""", $$"""{"username":"bob","keys":["#{{Mark}}"]}""", $$"""{"username":"bob","keys":[5,"{{Mark}}"]}"""],
        ["guest-ssh-remove-authorized-keys"] = [$$"""{"username":"bob","keys":["{{Mark}}"]}""", $$"""{"username":"bob","keys":["a\n{{Mark}}"]}"""],
        ["guest-ssh-get-authorized-keys"] = ["""{"username":"bob"}"""],
        ["guest-file-close"] = ["""{"handle":1000}"""],
        ["guest-file-seek"] = ["""{"handle":1000,"offset":0,"whence":0}"""],
        ["guest-file-flush"] = ["""{"handle":1000}"""],
        ["guest-sync"] = ["""{"id":1}"""],
        ["guest-sync-delimited"] = ["""{"id":1}"""],
        ["guest-set-vcpus"] = ["""{"vcpus":[]}"""],
        ["guest-set-memory-blocks"] = ["""{"mem-blks":[]}"""],
    };

    private readonly ScratchDirectory _rules = new();

    protected override void AfterAll()
    {
        base.AfterAll();
        _rules.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("allow_audit * log=args")]
    [InlineData("deny_audit guest-exec,@accounts,guest-file-write\nallow_audit *")]
    [InlineData("deny_audit guest-exec arg1=x\nallow_audit *")]
    public void No_secret_is_recorded_or_logged(string? rules)
    {
        Audit.TakesRecords = true;
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log.Ref, typeof(LogEvent));
        GuestAccounts.Keys["bob"] = [Mark];
        var agent = StartAgent(filter: rules is null ? null : new CommandFilter([], [], PolicyOf(rules)));
        var activity = new ActivityLog();

        // Files are there till the last but one; then all fails that can.
        string[] first = ["guest-exec", "guest-file-open"];
        string[] last = ["guest-file-close", "guest-shutdown", "guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list", "guest-fsfreeze-thaw"];
        var commands = GuestCommands.Catalog.All.Select(spec => spec.Name).OrderBy(name => Array.IndexOf(last, name)).ThenByDescending(first.Contains).ToList();
        Run(commands);
        GuestAccounts.Failure = new PlatformException($"child process has failed to set user password: bad line 'bob:xx{Mark}'");
        Processes.Failure = new PlatformException("Failed to execute child process “/x” (No such file or directory)");
        Run(["guest-set-user-password", "guest-exec"]);

        Assert.NotEmpty(Audit.Records);
        Assert.NotEmpty(Audit.Lines);
        Assert.DoesNotContain(Audit.Records, record => HasMark(record.Text) || HasMark($"{record.Members}"));
        Assert.DoesNotContain(Audit.Lines, HasMark);
        Assert.DoesNotContain(log.ReceiveWhile(TimeSpan.FromMilliseconds(1), message => $"{message}"), HasMark);

        void Run(IEnumerable<string> names)
        {
            foreach (var name in names)
            {
                foreach (var arguments in Requests.GetValueOrDefault(name, ["{}"]))
                {
                    var record = activity.Open(() => "peer", "virtio-serial").Begin(name);
                    var client = Send(agent, name, arguments, record);
                    record.End(client.ExpectMsg<TransportProtocol.Answered>(TimeSpan.FromSeconds(30)).Response);
                    End(name);
                }
            }
        }
    }

    /// <summary>A program that was started prints a mark and ends.</summary>
    private void End(string command)
    {
        if (command != "guest-exec" || Processes.All is not [.., { Ended.IsCompleted: false } process])
            return;
        process.Print(Mark, Mark);
        process.Drain();
        process.Exit(0);
    }

    /// <summary>Each argument that holds what is nobody's business has a mark in some request.</summary>
    [Fact]
    public void Requests_have_marks_in_all_that_is_secret()
    {
        string[] secret = ["buf-b64", "input-data", "password", "keys", "env"];
        var holders =
            from spec in GuestCommands.Catalog.All
            from argument in CommandSchema.Of(spec).Arguments
            where secret.Contains(argument.Name)
            select (Command: spec.Name, Argument: argument.Name);

        Assert.Equal(6, holders.Count());
        Assert.All(holders, holder => Assert.Contains(Requests[holder.Command], request =>
            request.Contains($"\"{holder.Argument}\":", StringComparison.Ordinal) && (request.Contains(Mark, StringComparison.Ordinal) || request.Contains(Encoded, StringComparison.Ordinal))));
    }

    private static bool HasMark(string text) =>
        text.Contains(Mark, StringComparison.Ordinal) || text.Contains(Encoded, StringComparison.Ordinal) || text.Contains(Encoded[4..8], StringComparison.Ordinal);

    private GuestPolicy PolicyOf(string rules)
    {
        _rules.Write("10-x.rules", rules);
        return PolicyDirectory.Load(_rules.Root, PolicyTerms.Of(GuestCommands.Catalog), PolicyClocks.System)!;
    }
}
