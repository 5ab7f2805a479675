/* forwarder launch ... : on the host, prepares a process and becomes bubblewrap (launch.c).
 * forwarder init ...   : inside the sandbox, is process 1 and carries connections to the gateway (forward.c).
 * forwarder mcp NAME   : inside the sandbox, an MCP server on standard input and output before a declared tool server (mcp.c). */
#define _GNU_SOURCE
#include "forwarder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *what)
{
    dprintf(2, "sandbox: %s: %s\n", what, strerror(errno));
    exit(125);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "launch") == 0) return launch(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "init") == 0) return forward(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "mcp") == 0) return mcp(argc - 2, argv + 2);
    dprintf(2, "usage: forwarder launch OPTIONS -- PROGRAM ARG... | forwarder init PORT SOCKET PROCESSES SOURCE OPTIONS -- PROGRAM ARG... | forwarder mcp NAME\n");
    return 2;
}
