using Qga.Actors.Commands;
using Qga.Platform.Accounts;
using Qga.Platform.Audit;
using Qga.Platform.Policy;

namespace Qga.Actors.Accounts;

/// <summary>A command on the accounts of users.</summary>
public interface IAccountCommand : ICommand<IGuestAccounts>
{
    /// <summary>Whose account it is on.</summary>
    string Username { get; }

    /// <summary>What it reads or changes, as messages name it; commands on the same thing run one after the other.</summary>
    string Subject { get; }

    void ICommand.Tell(AuditMembers what, bool hasArguments) => what.Add("user", Username);

    PolicyRequest ICommand.Facts(PolicyRequest request) => request with { Account = Username };
}
