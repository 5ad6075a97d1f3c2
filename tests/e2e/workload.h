/* SPDX-License-Identifier: Apache-2.0 */
/* What the workloads share: the lines that they say, in porthole's rendering, and socket addresses. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define COMM "ph_workload"

static char lines[1 << 18];
static size_t used;
static char dir[512];

/* Formats into one of many buffers that take turns: arguments of say(). */
__attribute__((format(printf, 1, 2))) static inline const char *fmt(const char *format, ...)
{
	static char bufs[256][1400];
	static unsigned turn;
	char *buf = bufs[turn++ % 256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf, sizeof bufs[0], format, ap);
	va_end(ap);
	return buf;
}

__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(lines + used, sizeof lines - used - 1, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof lines - used - 1)
		abort();
	used += (size_t)n;
	lines[used++] = '\n';
}

/* A result in porthole's rendering: -2(ENOENT). */
static inline const char *res(long r)
{
	return r < 0 && r > -4096 ? fmt("%ld(%s)", r, strerrorname_np((int)-r)) : fmt("%ld", r);
}

/* A path below the folder. */
static inline const char *in_dir(const char *name)
{
	return fmt("%s/%s", dir, name);
}

/* A relative path: as passed, and what it means. */
static inline const char *path(const char *name)
{
	return fmt("%s(%s/%s)", name, dir, name);
}

static inline const char *file(long fd, const char *name)
{
	return fmt("%ld(<f>%s/%s)", fd, dir, name);
}

static inline const char *folder(long fd, const char *name)
{
	return fmt("%ld(<d>%s/%s)", fd, dir, name);
}

#define CWD "-100(AT_FDCWD)"

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static inline socklen_t addr_len(const union addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof a->in : sizeof a->in6;
}

static inline unsigned port_of(const union addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->in.sin_port : a->in6.sin6_port);
}

static inline const char *ip_of(int family)
{
	return family == AF_INET ? "127.0.0.1" : "::1";
}

static inline union addr loopback(int family, unsigned port)
{
	union addr a = { .sa.sa_family = (sa_family_t)family };

	if (family == AF_INET) {
		a.in.sin_port = htons((uint16_t)port);
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		a.in6.sin6_port = htons((uint16_t)port);
		a.in6.sin6_addr = in6addr_loopback;
	}
	return a;
}

/* A port that nobody has, for now. */
static inline unsigned free_port(int family, int type)
{
	union addr a = loopback(family, 0);
	socklen_t len = sizeof a;
	int fd = socket(family, type, 0);
	unsigned port = 0;

	if (fd >= 0 && bind(fd, &a.sa, addr_len(&a)) == 0 && getsockname(fd, &a.sa, &len) == 0)
		port = port_of(&a);
	close(fd);
	return port;
}

static inline const char *domain_of(int family)
{
	return family == AF_INET ? "2(AF_INET)" : "10(AF_INET6)";
}

static inline socklen_t un_name(union addr *a, const char *name, bool abstract)
{
	size_t n = strlen(name);

	memset(a, 0, sizeof *a);
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path + abstract, name, n + 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
}

/* The lines to a file; main's result. */
static inline int write_lines(int out)
{
	for (size_t done = 0; done < used;) {
		ssize_t n = write(out, lines + done, used - done);

		if (n <= 0)
			return 2;
		done += (size_t)n;
	}
	return 0;
}

#endif
