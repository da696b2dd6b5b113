using Qga.Actors.Commands;
using Qga.Platform.Accounts;

namespace Qga.Actors.Accounts;

/// <summary>A command on the accounts of users.</summary>
public interface IAccountCommand : ICommand<IGuestAccounts>
{
    /// <summary>What it reads or changes, as messages name it; commands on the same thing run one after the other.</summary>
    string Subject { get; }
}
