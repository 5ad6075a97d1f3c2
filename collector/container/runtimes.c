/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the container runtimes, and which of them a cgroup path belongs to. Called by the table of containers. */
#include "collector/container/internal.h"

const struct ct_runtime *const ct_runtimes[] = {
	&ct_docker,
	NULL,
};

static const char *const type_names[] = {
	[PH_CT_DOCKER] = "docker",
	[PH_CT_LXC] = "lxc",
	[PH_CT_LIBVIRT_LXC] = "libvirt-lxc",
	[PH_CT_MESOS] = "mesos",
	[PH_CT_RKT] = "rkt",
	[PH_CT_CUSTOM] = "custom",
	[PH_CT_CRI] = "cri",
	[PH_CT_CONTAINERD] = "containerd",
	[PH_CT_CRIO] = "cri-o",
	[PH_CT_BPM] = "bpm",
	[PH_CT_STATIC] = "static",
	[PH_CT_PODMAN] = "podman",
};

const char *ph_container_type_name(unsigned type)
{
	return type < sizeof type_names / sizeof type_names[0] ? type_names[type] : "";
}

static const struct ct_runtime *best_claim(const char *path, size_t start, size_t end, struct ct_id *id)
{
	const struct ct_runtime *maybe = NULL;
	for (const struct ct_runtime *const *rt = ct_runtimes; *rt; rt++) {
		struct ct_id found;
		enum ct_claim claim = (*rt)->claim(path, start, end, &found);
		if (claim == CT_NO || (claim == CT_MAYBE && maybe) || found.len >= CT_ID_MAX)
			continue;
		*id = found;
		id->sure = claim == CT_SURE;
		if (claim == CT_SURE)
			return *rt;
		maybe = *rt;
	}
	return maybe;
}

const struct ct_runtime *ct_match(const char *path, size_t len, struct ct_id *id, size_t *end)
{
	while (len) {
		size_t start = len;
		while (start && path[start - 1] != '/')
			start--;
		if (start < len) {
			const struct ct_runtime *rt = best_claim(path, start, len, id);
			if (rt) {
				*end = len;
				return rt;
			}
		}
		len = start ? start - 1 : 0;
	}
	return NULL;
}
