/* The C library's name service, in the place of its own, which loads libraries of the guest: they were built for another C library than the one
   that is linked in here, and end the process. It knows nobody. The agent asks nothing of it, and what the runtime and packages ask goes wrong
   as it would in a guest without users and hosts, whoever asks it one day. */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stddef.h>

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
    (void)name, (void)entry, (void)buffer, (void)size;
    *found = NULL;
    return ENOENT;
}

int getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
    (void)user, (void)entry, (void)buffer, (void)size;
    *found = NULL;
    return ENOENT;
}

int getgrgid_r(gid_t group, struct group *entry, char *buffer, size_t size, struct group **found)
{
    (void)group, (void)entry, (void)buffer, (void)size;
    *found = NULL;
    return ENOENT;
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
    (void)user;
    if (*count > 0)
        *groups = group;
    *count = 1;
    return 1;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)host, (void)service, (void)hints;
    *found = NULL;
    return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *found)
{
    (void)found;
}

int getnameinfo(
    const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size, char *service, socklen_t service_size, int flags)
{
    (void)address, (void)length, (void)host, (void)host_size, (void)service, (void)service_size, (void)flags;
    return EAI_FAIL;
}
