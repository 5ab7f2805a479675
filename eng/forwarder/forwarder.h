/* The sandbox's helper: two small programs in one static file. See main.c. */
#ifndef FORWARDER_H
#define FORWARDER_H

int launch(int argc, char **argv);
int forward(int argc, char **argv);

/* Prints "sandbox: what: why" and exits with 125, which no shell gives to a command. */
void fail(const char *what) __attribute__((noreturn));

#endif
