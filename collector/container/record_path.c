/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a cgroup path the id of a container may stand, whatever its runtime. Called by the table for containers that a trace file
 * tells of: the file knows them already, so this may be generous where the runtimes' own rows have to be sure.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <ctype.h>
#include <string.h>

bool ct_is_hex_id(const char *s, size_t len)
{
	if (len != 12 && len != 64)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return true;
}

/* Ids that are names or UUIDs: what stands in front of the component, at its begin and at its end. */
static const struct {
	const char *above, *prefix, *suffix;
} places[] = {
	{ "/lxc/", "", "" },	     { "/lxc.payload/", "", "" },
	{ "", "lxc.payload.", "" },  { "", "machine-lxc\\x2d", ".scope" },
	{ ".libvirt-lxc/", "", "" }, { "", "", ".libvirt-lxc" },
	{ "/mesos/", "", "" },	     { "", "machine-rkt\\x2d", ".scope" },
};

/* Processes that watch a container from outside, in cgroups that are named after it. */
static const char *const monitors[] = { "libpod-conmon-", "crio-conmon-" };

static bool begins(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);
	return len >= n && !memcmp(s, with, n);
}

static bool ends(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);
	return len >= n && !memcmp(s + len - n, with, n);
}

bool ct_known_in(const char *path, size_t start, size_t end, bool (*known)(void *arg, const char *id, size_t len),
		 void *arg)
{
	const char *name = path + start;
	size_t len = end - start;

	for (size_t i = 0; i < sizeof monitors / sizeof monitors[0]; i++)
		if (begins(name, len, monitors[i]))
			return false;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		size_t around = strlen(places[i].prefix) + strlen(places[i].suffix);
		if (len > around && len - around < CT_ID_MAX && ends(path, start, places[i].above) &&
		    begins(name, len, places[i].prefix) && ends(name, len, places[i].suffix) &&
		    known(arg, name + strlen(places[i].prefix), len - around))
			return true;
	}
	for (size_t i = 0; i < len;) {
		size_t from = i;
		while (i < len && isalnum((unsigned char)name[i]))
			i++;
		if (ct_is_hex_id(name + from, i - from) && known(arg, name + from, i - from))
			return true;
		i += i == from || i < len;
	}
	return false;
}
