/* SPDX-License-Identifier: Apache-2.0 */
/* What the head of a trace file says of the machine and its interfaces: a list, and how this machine fills it (trace.h). */
#include "collector/trace/trace.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

/* The number behind a word at the beginning of a line; "" takes the first line. 0: there is none. */
static uint64_t number_in_file(const char *path, const char *word)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, len = strlen(word);
	uint64_t n = 0;

	if (!f)
		return 0;
	while (getline(&line, &size, f) > 0) {
		if (strncmp(line, word, len) != 0)
			continue;
		n = strtoull(line + len, NULL, 10);
		break;
	}
	free(line);
	fclose(f);
	return n;
}

static void machine_live(struct ph_trace_machine *m)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct sysinfo info;
	struct utsname name;

	m->ncpus = cpus > 0 ? (uint32_t)cpus : 0;
	if (sysinfo(&info) == 0)
		m->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
	m->max_pid = number_in_file("/proc/sys/kernel/pid_max", "");
	m->boot_ns = number_in_file("/proc/stat", "btime ") * NS_PER_S;
	if (uname(&name) == 0)
		snprintf(m->hostname, sizeof m->hostname, "%s", name.nodename);
}

/* An address of an interface; some have no mask or broadcast. */
static void copy_address(uint8_t to[16], const struct sockaddr *a)
{
	if (a && a->sa_family == AF_INET)
		memcpy(to, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
	else if (a && a->sa_family == AF_INET6)
		memcpy(to, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
}

static int add_live(struct ph_trace_host *h, const struct ifaddrs *a)
{
	struct ph_trace_interface i = { 0 };

	if (!a->ifa_addr || (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
		return 0;
	i.family = (uint8_t)a->ifa_addr->sa_family;
	copy_address(i.addr, a->ifa_addr);
	copy_address(i.mask, a->ifa_netmask);
	copy_address(i.broadcast, a->ifa_broadaddr);
	snprintf(i.name, sizeof i.name, "%s", a->ifa_name);
	return ph_trace_host_add_interface(h, &i);
}

int ph_trace_host_live(struct ph_trace_host *h)
{
	struct ifaddrs *all;
	int rc = 0;

	*h = (struct ph_trace_host){ 0 };
	machine_live(&h->machine);
	/* A machine without a network has no interfaces; that is no reason not to capture. */
	if (getifaddrs(&all) < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (const struct ifaddrs *a = all; a && rc == 0; a = a->ifa_next)
		rc = add_live(h, a);
	freeifaddrs(all);
	if (rc < 0)
		ph_trace_host_fini(h);
	return rc;
}

void ph_trace_host_fini(struct ph_trace_host *h)
{
	free(h->interfaces);
	h->interfaces = NULL;
	h->ninterfaces = 0;
}

int ph_trace_host_add_interface(struct ph_trace_host *h, const struct ph_trace_interface *i)
{
	struct ph_trace_interface *grown =
		reallocarray(h->interfaces, (size_t)h->ninterfaces + 1, sizeof *h->interfaces);

	if (!grown)
		return -ENOMEM;
	h->interfaces = grown;
	grown[h->ninterfaces++] = *i;
	return 0;
}
