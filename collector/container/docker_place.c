/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Docker keeps its state and listens, which may be at several places: first as the options, daemon.json or usage say,
 * then as the command line of every dockerd that runs and its configuration say, those inside of containers last. Looked for at
 * the start, and again when a container's files are at none of them: a daemon may have been started since; that is the
 * worker's to do. Called by docker.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RESCAN_MS 1000
#define RESCAN_MAX_MS 8000 /* less than the worker looks for a container's files */
#define FOUND_MAX 128
#define CMDLINE_MAX 8192

/* What a command line or a configuration file says; NULL: nothing. */
struct said {
	char *root, *socket, *config;
};

static void said_free(struct said *s)
{
	free(s->root);
	free(s->socket);
	free(s->config);
}

/* Paths are shown in warnings, and a container may have written this one. */
static bool is_path(const char *s)
{
	if (!s || *s != '/')
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static void say(char **what, const char *value)
{
	if (!*what && is_path(value))
		*what = strdup(value);
}

static const char *unix_path(const char *host)
{
	return host && !strncmp(host, "unix://", 7) ? host + 7 : NULL;
}

/* --- the command line --- */

static const char *const root_flags[] = { "--data-root", "--graph", "-g", NULL };
static const char *const host_flags[] = { "--host", "-H", NULL };
static const char *const config_flags[] = { "--config-file", NULL };

/* The value of arg when it is one of the flags: behind '=', or the next word. */
static const char *flag_value(const char *const *flags, const char *arg, const char *next)
{
	for (; *flags; flags++) {
		size_t n = strlen(*flags);
		if (strncmp(arg, *flags, n))
			continue;
		if (arg[n] == '=')
			return arg + n + 1;
		if (!arg[n])
			return next;
		if (n == 2) /* -H<value> */
			return arg + n;
	}
	return NULL;
}

static void parse_command_line(const char *args, size_t len, struct said *said)
{
	for (size_t at = 0; at < len;) {
		const char *arg = args + at;
		at += strlen(arg) + 1;
		const char *next = at < len ? args + at : NULL;
		say(&said->root, flag_value(root_flags, arg, next));
		say(&said->socket, unix_path(flag_value(host_flags, arg, next)));
		say(&said->config, flag_value(config_flags, arg, next));
	}
}

/* Reads a file of /proc whole, with a NUL behind. Its length; 0 when it cannot be read. */
static size_t read_proc(int proc, const char *pid, const char *name, char *buf, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "%.16s/%s", pid, name);
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	size_t len = 0;
	ssize_t n;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	buf[len] = 0;
	return len;
}

/* --- what is found --- */

enum { CONFIGURED, OF_THE_HOST, GUEST };

/* Places, each once; the list holds them. */
struct found {
	size_t n;
	struct {
		struct ct_place *place;
		bool exists;
		dev_t dev;
		ino_t ino;
	} at[FOUND_MAX];
};

static bool same_process(const struct ct_place *a, const struct ct_place *b)
{
	return a->pid == b->pid && a->born == b->born;
}

/* Adds p, which it takes, unless its folder is there already. The one that stands for it, or NULL. */
static struct ct_place *add(struct ct_env *env, struct found *f, struct ct_place *p)
{
	struct stat st = { 0 };
	if (!p)
		return NULL;
	int fd = ct_open(env, p, p->root, O_PATH | O_DIRECTORY);
	bool exists = fd >= 0 && !fstat(fd, &st);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < f->n; i++) {
		struct ct_place *q = f->at[i].place;
		if (exists && f->at[i].exists ? f->at[i].dev == st.st_dev && f->at[i].ino == st.st_ino :
						same_process(p, q) && !strcmp(p->root, q->root)) {
			ct_place_unref(p);
			return q;
		}
	}
	if (f->n == FOUND_MAX) {
		ct_place_unref(p);
		return NULL;
	}
	f->at[f->n].place = p;
	f->at[f->n].exists = exists;
	f->at[f->n].dev = st.st_dev;
	f->at[f->n++].ino = st.st_ino;
	return p;
}

static void found_free(struct found *f)
{
	for (size_t i = 0; i < f->n; i++)
		ct_place_unref(f->at[i].place);
}

/* --- daemon.json --- */

static void read_config(struct ct_env *env, const struct ct_place *seen_by, struct said *said)
{
	json_t *config = NULL, *hosts, *h;
	size_t i;
	if (ct_read_json(env, seen_by, said->config ? said->config : "/etc/docker/daemon.json", CT_FILE_MAX_NOW,
			 &config))
		return;
	say(&said->root, json_string_value(json_object_get(config, "data-root")));
	say(&said->root, json_string_value(json_object_get(config, "graph")));
	hosts = json_object_get(config, "hosts");
	json_array_foreach(hosts, i, h)
		say(&said->socket, unix_path(json_string_value(h)));
	json_decref(config);
}

/* --- running daemons --- */

/* Whether the namespace is that of the host; what cannot be seen is not said to be another one. */
static bool same_namespace(int proc, const char *pid, const char *kind, bool unseen)
{
	char path[64], first[32], self[32];
	struct stat its, ours;
	snprintf(path, sizeof path, "%.16s/ns/%s", pid, kind);
	snprintf(first, sizeof first, "1/ns/%s", kind);
	snprintf(self, sizeof self, "self/ns/%s", kind);
	if (fstatat(proc, path, &its, 0))
		return unseen;
	if (fstatat(proc, first, &ours, 0) && fstatat(proc, self, &ours, 0)) /* 1 may not let us look */
		return unseen;
	return its.st_ino == ours.st_ino;
}

/* The innermost container that a process is in, "" when in none. */
static void container_of(int proc, const char *pid, char out[CT_ID_MAX])
{
	char cgroups[4096];
	*out = 0;
	if (!read_proc(proc, pid, "cgroup", cgroups, sizeof cgroups))
		return;
	char *rest = cgroups, *line;
	while ((line = strsep(&rest, "\n"))) {
		struct ct_id id;
		size_t end;
		char *colon = strchr(line, ':');
		colon = colon ? strchr(colon + 1, ':') : NULL;
		if (colon && ct_match(colon + 1, strlen(colon + 1), &id, &end)) {
			snprintf(out, CT_ID_MAX, "%.*s", (int)id.len, id.text);
			return;
		}
	}
}

/*
 * A daemon inside of a container has its own idea of paths, and anybody, there or here, may call a program dockerd. So what root
 * does not run on the host itself is believed last. NULL: no memory, or it has gone.
 */
static struct ct_place *place_of(struct ct_env *env, int proc, const char *pid, struct said *said)
{
	struct ct_place *p = ct_place_new("", "");
	struct stat st;
	if (!p || fstatat(proc, pid, &st, 0)) {
		ct_place_unref(p);
		return NULL;
	}
	container_of(proc, pid, p->inside);
	bool at_home = !*p->inside && same_namespace(proc, pid, "pid", false);
	p->rank = at_home && (!st.st_uid || st.st_uid == geteuid()) ? OF_THE_HOST : GUEST;
	if (!at_home || !same_namespace(proc, pid, "mnt", true)) {
		p->pid = (unsigned)strtoul(pid, NULL, 10);
		p->born = ct_process_born(proc, p->pid);
	}
	read_config(env, p, said);
	say(&said->root, "/var/lib/docker");
	say(&said->socket, "/var/run/docker.sock");
	free(p->root);
	free(p->socket);
	p->root = said->root;
	p->socket = said->socket;
	said->root = said->socket = NULL;
	if (p->root && p->socket)
		return p;
	ct_place_unref(p);
	return NULL;
}

static void find_daemons(struct ct_env *env, struct found *f)
{
	int fd = ct_open(env, NULL, "/proc", O_RDONLY | O_DIRECTORY);
	DIR *proc = fd < 0 ? NULL : fdopendir(fd);
	if (!proc) {
		if (fd >= 0)
			close(fd);
		return;
	}
	struct dirent *e;
	char text[CMDLINE_MAX];
	while ((e = readdir(proc))) {
		struct said said = { 0 };
		if (!isdigit((unsigned char)e->d_name[0]) || !read_proc(fd, e->d_name, "comm", text, sizeof text) ||
		    strcmp(text, "dockerd\n"))
			continue;
		size_t len = read_proc(fd, e->d_name, "cmdline", text, sizeof text);
		if (!len)
			continue;
		parse_command_line(text, len, &said);
		add(env, f, place_of(env, fd, e->d_name, &said));
		said_free(&said);
	}
	closedir(proc);
}

/* --- the list --- */

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A path that a daemon of the host says together with the other one; NULL: none does. */
static const char *said_with(const struct found *daemons, const char *root, const char *socket)
{
	for (size_t i = 0; i < daemons->n; i++) {
		const struct ct_place *p = daemons->at[i].place;
		if (p->rank == OF_THE_HOST && !p->pid &&
		    (root ? !strcmp(p->root, root) : socket && !strcmp(p->socket, socket)))
			return root ? p->socket : p->root;
	}
	return NULL;
}

/* Where Docker is without a look at what runs. With daemons elsewhere the usual place counts when it is there only. */
static void add_configured(struct ct_env *env, struct found *f, const struct found *daemons)
{
	struct said said = { 0 };
	say(&said.root, env->docker_root);
	say(&said.socket, env->docker_socket);
	if (said.socket && !said.root)
		say(&said.root, said_with(daemons, NULL, said.socket));
	if (said.root && !said.socket)
		say(&said.socket, said_with(daemons, said.root, NULL));
	if (env->ask && (!said.root || !said.socket))
		read_config(env, NULL, &said);
	bool usual = !said.root;
	say(&said.root, "/var/lib/docker");
	if (said.root && !said.socket)
		say(&said.socket, said_with(daemons, said.root, NULL));
	say(&said.socket, "/var/run/docker.sock");
	if (said.root && said.socket)
		add(env, f, ct_place_new(said.root, said.socket));
	if (f->n && usual && !f->at[0].exists && daemons->n) {
		found_free(f);
		f->n = 0;
	}
	said_free(&said);
}

static bool same_place(const struct ct_place *a, const struct ct_place *b)
{
	return same_process(a, b) && a->rank == b->rank && !strcmp(a->root, b->root) && !strcmp(a->socket, b->socket) &&
	       !strcmp(a->inside, b->inside);
}

/* The place as the old list has it, with its health, or p itself; counted. */
static struct ct_place *as_before(const struct ct_places *old, struct ct_place *p)
{
	for (size_t i = 0; old && i < old->n; i++)
		if (same_place(old->at[i], p))
			return ct_place_ref(old->at[i]);
	return ct_place_ref(p);
}

/* Those that no daemon runs at any more stay while their files do. */
static void add_old(struct ct_env *env, struct found *f, const struct ct_places *old)
{
	for (size_t i = 0; old && i < old->n; i++) {
		size_t n = f->n;
		add(env, f, ct_place_ref(old->at[i]));
		if (f->n > n && !f->at[n].exists)
			ct_place_unref(f->at[--f->n].place);
	}
}

/* NULL: no memory. */
static struct ct_places *find_places(struct ct_env *env, const struct ct_places *old)
{
	struct found *f = calloc(2, sizeof *f), *daemons = f ? f + 1 : NULL;
	struct ct_places *l = calloc(1, sizeof *l + CT_PLACES_MAX * sizeof l->at[0]);
	if (!f || !l)
		goto out;
	atomic_init(&l->refs, 1);
	if (env->ask)
		find_daemons(env, daemons);
	add_configured(env, f, daemons);
	for (int rank = OF_THE_HOST; rank <= GUEST; rank++)
		for (size_t i = 0; i < daemons->n; i++)
			if (daemons->at[i].place->rank == rank)
				add(env, f, ct_place_ref(daemons->at[i].place));
	add_old(env, f, old);
	for (int rank = CONFIGURED; rank <= GUEST; rank++)
		for (size_t i = 0; i < f->n && l->n < CT_PLACES_MAX; i++)
			if (f->at[i].place->rank == rank)
				l->at[l->n++] = as_before(old, f->at[i].place);
	found_free(f);
	found_free(daemons);
out:
	free(f);
	if (l && l->n)
		return l;
	free(l);
	return NULL;
}

static bool same_places(const struct ct_places *a, const struct ct_places *b)
{
	return a->n == b->n && !memcmp(a->at, b->at, a->n * sizeof a->at[0]);
}

struct ct_places *ct_docker_places(struct ct_env *env)
{
	pthread_mutex_lock(&env->lock);
	struct ct_places *l = ct_places_ref(env->docker);
	pthread_mutex_unlock(&env->lock);
	return l;
}

bool ct_docker_look_again(struct ct_env *env)
{
	int64_t now = now_ms();
	if (now < env->docker_rescan)
		return false;
	struct ct_places *old = env->docker, *l = find_places(env, old); /* nobody else replaces it */
	bool changed = l && !same_places(l, old);
	env->scans++;
	env->docker_pause = changed ? RESCAN_MS : env->docker_pause * 2;
	if (env->docker_pause > RESCAN_MAX_MS)
		env->docker_pause = RESCAN_MAX_MS;
	env->docker_rescan = now_ms() + env->docker_pause;
	if (!changed) {
		ct_places_unref(l);
		return false;
	}
	pthread_mutex_lock(&env->lock);
	env->docker = l;
	pthread_mutex_unlock(&env->lock);
	ct_places_unref(old);
	return true;
}

int ct_env_init(struct ct_env *env, const struct ph_containers_opts *opts)
{
	*env = (struct ct_env){
		.root = strdup(opts->host_root ? opts->host_root : ""),
		.docker_root = strdup(opts->docker_root ? opts->docker_root : ""),
		.docker_socket = strdup(opts->docker_socket ? opts->docker_socket : ""),
		.ask = opts->ask_runtimes,
		.docker_pause = RESCAN_MS,
	};
	pthread_mutex_init(&env->lock, NULL);
	if (env->root && env->docker_root && env->docker_socket)
		env->docker = find_places(env, NULL);
	env->docker_rescan = now_ms() + RESCAN_MS;
	if (env->docker)
		return 0;
	ct_env_destroy(env);
	return -ENOMEM;
}

void ct_env_destroy(struct ct_env *env)
{
	ct_places_unref(env->docker);
	env->docker = NULL;
	pthread_mutex_destroy(&env->lock);
	free(env->root);
	free(env->docker_root);
	free(env->docker_socket);
}
