/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers: which cgroup is one, and what its runtime says of it. Layers (docs/architecture.md): the cgroup path, the
 * runtime's state on disk, the runtime's socket asked by a worker thread. Nothing here blocks the caller but the reading of
 * small local files; answers of the worker are taken in by ph_containers_poll() on the caller's thread.
 */
#ifndef PORTHOLE_CONTAINER_H
#define PORTHOLE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are those of the trace format's container records. */
enum ph_container_type {
	PH_CT_DOCKER = 0,
	PH_CT_LXC = 1,
	PH_CT_LIBVIRT_LXC = 2,
	PH_CT_MESOS = 3,
	PH_CT_RKT = 4,
	PH_CT_CUSTOM = 5,
	PH_CT_CRI = 6,
	PH_CT_CONTAINERD = 7,
	PH_CT_CRIO = 8,
	PH_CT_BPM = 9,
	PH_CT_STATIC = 10,
	PH_CT_PODMAN = 11,
};

enum ph_container_lookup { PH_CL_STARTED = 0, PH_CL_OK = 1, PH_CL_FAILED = 2 };

struct ph_mount {
	char *source, *dest, *mode, *propagation; /* never NULL */
	bool rdwr;
};

struct ph_port {
	uint32_t host_ip; /* host order */
	uint16_t host_port, container_port;
};

struct ph_label {
	char *key, *value;
};

struct ph_container {
	char id[13]; /* the first 12 characters of full_id */
	char *full_id;
	uint8_t type; /* enum ph_container_type */
	uint8_t lookup; /* enum ph_container_lookup */
	bool privileged, ended;
	char *name, *image, *image_id, *image_repo, *image_tag, *image_digest; /* "" while unknown, never NULL */
	char *cgroup; /* its cgroup path */
	char *log_path; /* the runtime's log file, "" when none */
	char *user; /* as configured */
	uint32_t ip; /* host order; 0: none */
	struct ph_mount *mounts;
	size_t nmounts;
	struct ph_port *ports;
	size_t nports;
	struct ph_label *labels;
	size_t nlabels;
	int64_t memory_limit, swap_limit, cpu_shares, cpu_quota, cpu_period; /* 0: none */
	uint64_t created_ns; /* epoch */
	char *healthcheck; /* command line, "" when none */
	uint32_t generation; /* grows when anything above changes */
};

struct ph_containers;

struct ph_containers_opts {
	size_t size;
	const char *host_root; /* prefix of every path; NULL: "" */
	bool ask_runtimes; /* read disk and ask sockets; false: only what trace files tell */
	void (*warn)(void *arg, const char *line); /* said once each, on the caller's thread; may be NULL */
	void *warn_arg;
	/* Called when details of a container have become known or have changed, not when its cgroup is only seen; may be NULL. */
	void (*changed)(void *arg, const struct ph_container *c);
	void *changed_arg;
	const char *docker_root; /* Docker's data root; NULL: as dockerd or daemon.json say, /var/lib/docker */
	const char *docker_socket; /* NULL: as dockerd or daemon.json say, /var/run/docker.sock */
};

struct ph_containers *ph_containers_new(const struct ph_containers_opts *opts);
void ph_containers_free(struct ph_containers *cs);

/*
 * The container that owns a cgroup path (cgroup v1 or v2 path, "/docker/<64 hex>/..."), or NULL for the host. The first time
 * that a container is seen its state on disk is read at once and its runtime asked in the background.
 * The pointer is good until the next call of this header but ph_containers_point(), which keeps it. Containers that nothing
 * points to stay known, ended ones too, but for the oldest of very many, and for cgroups that have gone and only looked like
 * a container's.
 */
struct ph_container *ph_containers_by_cgroup(struct ph_containers *cs, const char *path, size_t len);
/* From the cgroups parameter of clone and execve: NUL-separated "subsys=path". */
struct ph_container *ph_containers_by_cgroups(struct ph_containers *cs, const char *cgroups, size_t len);
struct ph_container *ph_containers_by_id(struct ph_containers *cs, const char *id); /* 12 or 64 characters */
/*
 * What a trace file says of a container: the JSON of its records, {"container": {..}} or the object alone. 0; -EBADMSG: it is none;
 * -ENOSPC: it is too much, one record or all together; -ENOMEM. Keys are those of the format; what is missing stays as it is.
 * Cgroup paths that were the host's may be the container's from now on.
 */
int ph_containers_add_json(struct ph_containers *cs, const char *json, size_t len);
/* The same of an old record. */
int ph_containers_add_record(struct ph_containers *cs, const char *id, unsigned type, const char *name,
			     const char *image);
/* A record that says that a container has gone, in the same form: it has ended. 0; -EBADMSG; -ENOENT: it is not known. */
int ph_containers_remove_json(struct ph_containers *cs, const char *json, size_t len);
/* The JSON of a container's record, to be freed; NULL: no memory. redact: values of labels that look secret are masked. */
char *ph_container_json(const struct ph_container *c, bool redact);
/* A new section of a file: all are forgotten. Nothing may point to one any more. */
void ph_containers_reset(struct ph_containers *cs);
/* Makes *where point to c; both may be NULL. What *where points to is counted, so *where must be set in this way only. */
void ph_containers_point(struct ph_containers *cs, struct ph_container **where, struct ph_container *c);
/* A cgroup went away: when it was a container's own, that container has ended. */
void ph_containers_removed(struct ph_containers *cs, const char *path, size_t len);
/* Takes in what the worker has found; returns how many containers changed. Cheap when there is nothing. */
size_t ph_containers_poll(struct ph_containers *cs);
void ph_containers_each(struct ph_containers *cs, bool (*f)(void *arg, struct ph_container *c), void *arg);
/* "docker", "podman", .. as the field container.type shows it. */
const char *ph_container_type_name(unsigned type);

#endif
