/* SPDX-License-Identifier: Apache-2.0 */
/* A Docker host in a temporary folder: its files, and a daemon at its socket that behaves as the test wants. */
#ifndef FAKE_DOCKER_H
#define FAKE_DOCKER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "collector/container/container.h"

#define ID_A "aaaaaaaaaaaa0123456789abcdef0123456789abcdef0123456789abcdef0123"
#define ID_B "bbbbbbbbbbbb0123456789abcdef0123456789abcdef0123456789abcdef0123"
#define PATH_A "/docker/" ID_A
#define PATH_B "/docker/" ID_B

enum daemon_mode {
	DAEMON_OK,
	DAEMON_HANGS,
	DAEMON_GARBAGE, /* no HTTP */
	DAEMON_BAD_JSON,
	DAEMON_WRONG_TYPES,
	DAEMON_TEN_MB,
	DAEMON_DRIPS, /* a byte every 100 ms */
	DAEMON_CLOSES,
	DAEMON_404,
	DAEMON_500,
};

struct host {
	char root[64];
	char warnings[4096]; /* the lines so far */
	int nwarnings;
	struct ph_containers *cs;
};

struct daemon;

void host_make(struct host *h);
void host_remove(struct host *h);
/* Opens h->cs on it. */
void host_open(struct host *h);
/* Closes h->cs; returns how many milliseconds that took. */
int64_t host_close(struct host *h);
/* Writes a file below the host's root, making its folders. */
void host_write(const struct host *h, const char *path, const char *text);
/* The two files of a container, as Docker 20.10 writes them. */
void host_add_container(const struct host *h, const char *data_root, const char *id, const char *name);
void host_path(const struct host *h, const char *path, char out[PATH_MAX]);

struct ph_container *look(struct host *h, const char *cgroup);
/* Polls until c->lookup is that, or its generation has grown beyond, or until ms are over. */
bool wait_lookup(struct host *h, const struct ph_container *c, enum ph_container_lookup lookup, int ms);
bool wait_ip(struct host *h, const struct ph_container *c, int ms);
bool wait_warning(struct host *h, int ms);
int64_t clock_us(void);

struct daemon *daemon_start(const struct host *h, enum daemon_mode mode);
int daemon_requests(struct daemon *d);
void daemon_stop(struct daemon *d);

#endif
