/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Docker keeps its state and listens: as the options say, else the command line of the dockerd that runs, else
 * daemon.json, else the usual places. Looked for at the start, and again when a container's files are not where they should
 * be: a daemon may have been started since; that is the worker's to do. Called by docker.c.
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

static void say(char **what, const char *value)
{
	if (!*what && value && *value == '/')
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

/* A daemon inside of a container has its own idea of paths, and anybody there may call a program dockerd. */
static bool of_the_host(int proc, const char *pid)
{
	char path[64], cgroups[4096];
	struct stat its, ours;
	snprintf(path, sizeof path, "%.16s/ns/pid", pid);
	if (fstatat(proc, path, &its, 0))
		return false;
	if (fstatat(proc, "1/ns/pid", &ours, 0) && fstatat(proc, "self/ns/pid", &ours, 0)) /* 1 may not let us look */
		return false;
	if (its.st_ino != ours.st_ino)
		return false;
	if (!read_proc(proc, pid, "cgroup", cgroups, sizeof cgroups))
		return true;
	char *rest = cgroups, *line;
	while ((line = strsep(&rest, "\n"))) {
		struct ct_id id;
		size_t end;
		char *colon = strchr(line, ':');
		colon = colon ? strchr(colon + 1, ':') : NULL;
		if (colon && ct_match(colon + 1, strlen(colon + 1), &id, &end))
			return false;
	}
	return true;
}

static void find_daemon(struct ct_env *env, struct said *said)
{
	int fd = ct_open(env, "/proc", O_RDONLY | O_DIRECTORY);
	DIR *proc = fd < 0 ? NULL : fdopendir(fd);
	if (!proc) {
		if (fd >= 0)
			close(fd);
		return;
	}
	struct dirent *e;
	char text[CMDLINE_MAX];
	while ((e = readdir(proc))) {
		if (!isdigit((unsigned char)e->d_name[0]) || !read_proc(fd, e->d_name, "comm", text, sizeof text) ||
		    strcmp(text, "dockerd\n") || !of_the_host(fd, e->d_name))
			continue;
		size_t len = read_proc(fd, e->d_name, "cmdline", text, sizeof text);
		if (!len)
			continue;
		parse_command_line(text, len, said);
		break;
	}
	closedir(proc);
}

/* --- daemon.json --- */

static void read_config(struct ct_env *env, struct said *said)
{
	json_t *config = NULL, *hosts, *h;
	size_t i;
	if (ct_read_json(env, said->config ? said->config : "/etc/docker/daemon.json", CT_FILE_MAX_NOW, &config))
		return;
	say(&said->root, json_string_value(json_object_get(config, "data-root")));
	say(&said->root, json_string_value(json_object_get(config, "graph")));
	hosts = json_object_get(config, "hosts");
	json_array_foreach(hosts, i, h)
		say(&said->socket, unix_path(json_string_value(h)));
	json_decref(config);
}

/* --- the place --- */

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void place_free(struct ct_place *p)
{
	if (!p)
		return;
	free(p->root);
	free(p->socket);
	free(p);
}

/* NULL: no memory. */
static struct ct_place *find_place(struct ct_env *env)
{
	struct said said = { 0 };
	if (env->ask) {
		say(&said.root, env->docker_root);
		say(&said.socket, env->docker_socket);
		if (!said.root || !said.socket) {
			find_daemon(env, &said);
			read_config(env, &said);
		}
	}
	say(&said.root, "/var/lib/docker");
	say(&said.socket, "/var/run/docker.sock");
	struct ct_place *p = said.root && said.socket ? calloc(1, sizeof *p) : NULL;
	if (p) {
		*p = (struct ct_place){ .root = said.root, .socket = said.socket };
		said.root = said.socket = NULL;
	}
	said_free(&said);
	return p;
}

const struct ct_place *ct_docker_place(struct ct_env *env)
{
	return atomic_load_explicit(&env->docker, memory_order_acquire);
}

bool ct_docker_look_again(struct ct_env *env)
{
	int64_t now = now_ms();
	if (now < env->docker_rescan)
		return false;
	env->docker_rescan = now + RESCAN_MS;
	struct ct_place *old = atomic_load(&env->docker), *p = find_place(env);
	if (!p || (!strcmp(p->root, old->root) && !strcmp(p->socket, old->socket))) {
		place_free(p);
		return false;
	}
	p->older = old; /* it may be in use: it stays until the end */
	atomic_store_explicit(&env->docker, p, memory_order_release);
	return true;
}

int ct_env_init(struct ct_env *env, const struct ph_containers_opts *opts)
{
	*env = (struct ct_env){
		.root = strdup(opts->host_root ? opts->host_root : ""),
		.docker_root = strdup(opts->docker_root ? opts->docker_root : ""),
		.docker_socket = strdup(opts->docker_socket ? opts->docker_socket : ""),
		.ask = opts->ask_runtimes,
	};
	struct ct_place *place = env->root && env->docker_root && env->docker_socket ? find_place(env) : NULL;
	atomic_init(&env->docker, place);
	env->docker_rescan = now_ms() + RESCAN_MS;
	if (place)
		return 0;
	ct_env_destroy(env);
	return -ENOMEM;
}

void ct_env_destroy(struct ct_env *env)
{
	struct ct_place *p = atomic_load(&env->docker), *older;
	for (; p; p = older) {
		older = p->older;
		place_free(p);
	}
	free(env->root);
	free(env->docker_root);
	free(env->docker_socket);
	atomic_store(&env->docker, NULL);
}
