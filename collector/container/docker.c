/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker: its cgroup paths, its state on disk (<data root>/containers/<id>/{config.v2,hostconfig}.json, there from
 * `docker create` on) and its API. The API's answer has the shape of config.v2.json but for the places noted below.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ID_LEN 64
#define CPU_PERIOD_US 100000 /* what the kernel takes when a limit is given in CPUs */

/* --- cgroup paths --- */

static bool is_id(const char *s, size_t len)
{
	if (len != ID_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return true;
}

static bool begins(const char *s, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);
	return len >= n && !memcmp(s, prefix, n);
}

/* Folders whose 64-digit children are other runtimes' containers. */
static bool foreign_parents(const char *path, size_t len)
{
	static const char *const foreign[] = { "kubepods", "libpod", "crio", "k8s.io", "machine.slice" };

	for (size_t at = 0; at < len;) {
		const char *slash = memchr(path + at, '/', len - at);
		size_t end = slash ? (size_t)(slash - path) : len;
		for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
			if (begins(path + at, end - at, foreign[i]))
				return true;
		at = end + 1;
	}
	return false;
}

/*
 * The cgroupfs driver makes <parent>/<id>, parent being "docker" unless --cgroup-parent says otherwise; the systemd driver
 * makes docker-<id>.scope in some slice.
 */
static enum ct_claim docker_claim(const char *path, size_t start, size_t end, struct ct_id *id)
{
	static const char prefix[] = "docker-", suffix[] = ".scope";
	const size_t before = sizeof prefix - 1, after = sizeof suffix - 1;
	const char *name = path + start;
	size_t len = end - start;

	if (len == before + ID_LEN + after && begins(name, len, prefix) && !memcmp(path + end - after, suffix, after) &&
	    is_id(name + before, ID_LEN)) {
		*id = (struct ct_id){ .text = name + before, .len = ID_LEN };
		return CT_SURE;
	}
	if (!is_id(name, len))
		return CT_NO;
	*id = (struct ct_id){ .text = name, .len = ID_LEN };
	static const char folder[] = "/docker/";
	const size_t n = sizeof folder - 1;
	if (start >= n && !memcmp(name - n, folder, n))
		return CT_SURE;
	return foreign_parents(path, start) ? CT_NO : CT_MAYBE;
}

/* --- JSON to details --- */

static int64_t positive(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);
	return json_is_integer(v) && json_integer_value(v) > 0 ? json_integer_value(v) : 0;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return s ? s : "";
}

static void set_field(char **field, const json_t *object, const char *key)
{
	ct_set_json(field, json_object_get(object, key));
}

/* "2024-05-01T10:00:00.123456789Z" or with "+02:00"; 0 when it is neither or lies before 1970 (Go's zero time). */
static uint64_t parse_time(const char *s)
{
	struct tm tm = { 0 };
	const char *p = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!p)
		return 0;
	int64_t ns = 0;
	if (*p == '.') {
		int64_t scale = 100000000;
		for (p++; isdigit((unsigned char)*p); p++, scale /= 10)
			ns += (*p - '0') * scale;
	}
	int64_t offset = 0;
	int hours, minutes;
	if ((*p == '+' || *p == '-') && sscanf(p + 1, "%2d:%2d", &hours, &minutes) == 2)
		offset = (hours * 60 + minutes) * (*p == '-' ? -60 : 60);
	int64_t sec = timegm(&tm) - offset;
	if (sec <= 0 || sec > INT64_MAX / 1000000000 - 1)
		return 0;
	return (uint64_t)(sec * 1000000000 + ns);
}

static bool is_image_id(const char *image)
{
	size_t len = strlen(image);
	return !strncmp(image, "sha256:", 7) || (len >= 12 && strspn(image, "0123456789abcdef") == len);
}

/* "[registry[:port]/]name[:tag][@digest]" */
static void split_image(struct ph_container *c, const char *image)
{
	const char *at = strchr(image, '@');
	size_t len = at ? (size_t)(at - image) : strlen(image);
	const char *slash = memrchr(image, '/', len);
	size_t begin = slash ? (size_t)(slash - image) : 0;
	const char *colon = memchr(image + begin, ':', len - begin);
	size_t repo = colon ? (size_t)(colon - image) : len;

	ct_set(&c->image_repo, image, repo);
	if (colon)
		ct_set(&c->image_tag, colon + 1, len - repo - 1);
	else if (!at)
		ct_set(&c->image_tag, "latest", 6);
	if (at)
		ct_set(&c->image_digest, at + 1, strlen(at + 1));
}

static void parse_image(struct ph_container *c, const json_t *root, const json_t *config)
{
	const char *id = text_of(root, "Image"); /* "sha256:<64 hex>" */
	const char *colon = strchr(id, ':');
	const char *bare = colon ? colon + 1 : id;
	ct_set(&c->image_id, bare, strlen(bare));

	set_field(&c->image, config, "Image");
	if (!is_image_id(c->image))
		split_image(c, c->image);
}

static void parse_labels(struct ph_container *c, json_t *labels)
{
	size_t n = json_object_size(labels);
	struct ph_label *list = n ? calloc(n, sizeof *list) : NULL;
	if (!list)
		return;
	const char *key;
	json_t *value;
	json_object_foreach(labels, key, value) {
		if (!json_is_string(value))
			continue;
		struct ph_label *l = &list[c->nlabels++];
		ct_text_init(&l->key);
		ct_text_init(&l->value);
		ct_set(&l->key, key, strlen(key));
		ct_set_json(&l->value, value);
	}
	c->labels = list;
}

static void add_mount(struct ph_container *c, const json_t *m, const char *mode)
{
	if (!json_is_object(m))
		return;
	struct ph_mount *to = &c->mounts[c->nmounts++];
	ct_text_init(&to->source);
	ct_text_init(&to->dest);
	ct_text_init(&to->mode);
	ct_text_init(&to->propagation);
	set_field(&to->source, m, "Source");
	set_field(&to->dest, m, "Destination");
	set_field(&to->mode, m, mode);
	set_field(&to->propagation, m, "Propagation");
	to->rdwr = json_is_true(json_object_get(m, "RW"));
}

/* The API says Mounts: [{.., Mode}], the file MountPoints: {destination: {.., Relabel}}. */
static void parse_mounts(struct ph_container *c, const json_t *root)
{
	json_t *list = json_object_get(root, "Mounts"), *points = json_object_get(root, "MountPoints");
	size_t n = json_array_size(list) + json_object_size(points);
	c->mounts = n ? calloc(n, sizeof *c->mounts) : NULL;
	if (!c->mounts)
		return;
	size_t i;
	const char *key;
	json_t *m;
	json_array_foreach(list, i, m)
		add_mount(c, m, "Mode");
	json_object_foreach(points, key, m)
		add_mount(c, m, "Relabel");
}

static bool parse_port(const char *s, uint16_t *port)
{
	char *end;
	if (!isdigit((unsigned char)*s))
		return false;
	unsigned long v = strtoul(s, &end, 10);
	if (v > UINT16_MAX || (*end && *end != '/'))
		return false;
	*port = (uint16_t)v;
	return true;
}

static bool parse_ip(const char *s, uint32_t *ip)
{
	struct in_addr in = { 0 };
	if (*s && inet_pton(AF_INET, s, &in) != 1)
		return false;
	*ip = ntohl(in.s_addr);
	return true;
}

/* {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, ..]}; the twins for IPv6 are left out. */
static void parse_ports(struct ph_container *c, json_t *ports)
{
	const char *key;
	json_t *list, *b;
	size_t i, n = 0;

	json_object_foreach(ports, key, list)
		n += json_array_size(list);
	if (!n)
		return;
	struct ph_port *out = calloc(n, sizeof *out);
	if (!out)
		return;
	json_object_foreach(ports, key, list) {
		struct ph_port p;
		if (!parse_port(key, &p.container_port))
			continue;
		json_array_foreach(list, i, b)
			if (parse_ip(text_of(b, "HostIp"), &p.host_ip) &&
			    parse_port(text_of(b, "HostPort"), &p.host_port))
				out[c->nports++] = p;
	}
	free(c->ports);
	c->ports = out;
}

static void parse_network(struct ph_container *c, const json_t *settings)
{
	if (!parse_ip(text_of(settings, "IPAddress"), &c->ip) || !c->ip) {
		json_t *networks = json_object_get(settings, "Networks"), *n;
		const char *key;
		json_object_foreach(networks, key, n)
			if (!c->ip)
				parse_ip(text_of(n, "IPAddress"), &c->ip);
	}
	parse_ports(c, json_object_get(settings, "Ports"));
}

/* {"Test": ["CMD-SHELL", "curl .."]}, ["CMD", "curl", ..] or ["NONE"] */
static void parse_healthcheck(struct ph_container *c, const json_t *health)
{
	const json_t *test = json_object_get(health, "Test");
	char line[4096];
	size_t at = 0;

	for (size_t i = 1; i < json_array_size(test); i++) {
		const json_t *word = json_array_get(test, i);
		if (!json_is_string(word))
			continue;
		int n = snprintf(line + at, sizeof line - at, "%s%s", at ? " " : "", json_string_value(word));
		at += n < 0 ? 0 : (size_t)n;
		if (at >= sizeof line) {
			at = sizeof line - 1;
			break;
		}
	}
	ct_set(&c->healthcheck, line, at);
}

static void parse_limits(struct ph_container *c, const json_t *host)
{
	c->privileged = json_is_true(json_object_get(host, "Privileged"));
	c->memory_limit = positive(host, "Memory");
	c->swap_limit = positive(host, "MemorySwap");
	c->cpu_shares = positive(host, "CpuShares");
	c->cpu_quota = positive(host, "CpuQuota");
	c->cpu_period = positive(host, "CpuPeriod");
	int64_t nano = positive(host, "NanoCpus");
	if (nano && !c->cpu_quota) {
		c->cpu_period = CPU_PERIOD_US;
		c->cpu_quota = nano / (1000000000 / CPU_PERIOD_US);
	}
}

/* host may be NULL. -EBADMSG: it does not speak of this container. */
static int parse_container(struct ph_container *c, const json_t *root, const json_t *host, const char *id_key)
{
	if (strcmp(text_of(root, id_key), c->full_id))
		return -EBADMSG;
	const char *name = text_of(root, "Name");
	name += *name == '/';
	ct_set(&c->name, name, strlen(name));

	const json_t *config = json_object_get(root, "Config");
	parse_image(c, root, config);
	parse_labels(c, json_object_get(config, "Labels"));
	set_field(&c->user, config, "User");
	parse_healthcheck(c, json_object_get(config, "Healthcheck"));
	parse_mounts(c, root);
	set_field(&c->log_path, root, "LogPath");
	c->created_ns = parse_time(text_of(root, "Created"));
	parse_limits(c, host);
	parse_network(c, json_object_get(root, "NetworkSettings"));
	if (!c->nports) /* before its start */
		parse_ports(c, json_object_get(host, "PortBindings"));
	return 0;
}

/* --- disk --- */

/* The log file's place is written down at the first start only. */
static void default_log_path(struct ph_container *c, const json_t *host, const char *folder)
{
	const char *driver = text_of(json_object_get(host, "LogConfig"), "Type");
	if (*c->log_path || strcmp(driver, "json-file"))
		return;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s-json.log", folder, c->full_id);
	if (n > 0 && n < (int)sizeof path)
		ct_set(&c->log_path, path, (size_t)n);
}

/* What a walk over the folders where a container's may be does there. -ENOENT: goes on. */
struct look {
	int (*at)(struct ct_env *env, const struct ct_place *p, const char *root, const char *id, const struct look *l);
	size_t max;
	struct ph_container *draft;
	uint64_t *stamp;
};

static int read_folder(struct ct_env *env, const struct ct_place *p, const char *root, const char *id,
		       const struct look *l)
{
	size_t max = l->max;
	struct ph_container *draft = l->draft;
	char folder[PATH_MAX - 32], path[PATH_MAX];
	if (snprintf(folder, sizeof folder, "%s/containers/%s", root, id) >= (int)sizeof folder)
		return -ENAMETOOLONG;

	json_t *config = NULL, *host = NULL;
	snprintf(path, sizeof path, "%s/config.v2.json", folder);
	int err = ct_read_json(env, p, path, max, &config);
	if (err)
		return err;
	snprintf(path, sizeof path, "%s/hostconfig.json", folder);
	err = ct_read_json(env, p, path, max, &host); /* without it, limits are missing */
	if (err == -EFBIG) {
		json_decref(config);
		return err;
	}
	err = parse_container(draft, config, host, "ID");
	if (!err)
		default_log_path(draft, host, folder);
	json_decref(config);
	json_decref(host);
	return err;
}

/* "<uid>.<gid>": with userns-remap everything lies one folder deeper. */
static bool is_remap_folder(const char *name)
{
	const char *dot = strchr(name, '.');
	return dot && dot > name && dot[1] && strspn(name, "0123456789") == (size_t)(dot - name) &&
	       strspn(dot + 1, "0123456789") == strlen(dot + 1);
}

static int look_remapped(struct ct_env *env, const struct ct_place *p, const char *id, const struct look *l)
{
	const char *root = p->root;
	int fd = ct_open(env, p, root, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	int err = -ENOENT;
	struct dirent *e;
	while (err == -ENOENT && (e = readdir(dir))) {
		char deeper[PATH_MAX - 128];
		if (is_remap_folder(e->d_name) &&
		    snprintf(deeper, sizeof deeper, "%s/%s", root, e->d_name) < (int)sizeof deeper)
			err = l->at(env, p, deeper, id, l);
	}
	closedir(dir);
	return err;
}

static int look_at(struct ct_env *env, const struct ct_place *p, const char *id, const struct look *l)
{
	int err = l->at(env, p, p->root, id, l);
	return err == -ENOENT ? look_remapped(env, p, id, l) : err;
}

/* What is found spoilt at one place may be whole at another; a file that is too large is the right one. */
static int look_everywhere(struct ct_env *env, const struct ct_life *life, struct ct_place **at, const struct look *l)
{
	struct ct_place *before = at ? *at : NULL;
	if (before && !look_at(env, before, life->id, l))
		return 0;
	int err = -ENOENT;
	struct ct_places *places = ct_docker_places(env);
	for (size_t i = 0; err && err != -EFBIG && i < places->n; i++) {
		struct ct_place *p = places->at[i];
		if (p == before || !ct_place_may_know(p, life))
			continue;
		int e = look_at(env, p, life->id, l);
		if (!e && at) {
			*at = ct_place_ref(p);
			ct_place_unref(before);
		}
		if (!e || err == -ENOENT || e == -EFBIG)
			err = e;
	}
	ct_places_unref(places);
	return err;
}

static int docker_read_disk(struct ct_env *env, const struct ct_life *life, size_t max, struct ph_container *draft,
			    struct ct_place **at)
{
	return look_everywhere(env, life, at, &(struct look){ .at = read_folder, .max = max, .draft = draft });
}

static void mix(uint64_t *stamp, uint64_t v)
{
	*stamp = (*stamp ^ v) * 0xff51afd7ed558ccdu;
	*stamp ^= *stamp >> 32;
}

/* Docker replaces both files, each by renaming a new one. */
static int stamp_folder(struct ct_env *env, const struct ct_place *p, const char *root, const char *id,
			const struct look *l)
{
	static const char *const files[] = { "config.v2.json", "hostconfig.json" };

	*l->stamp = 0;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char path[PATH_MAX];
		struct stat st;
		if (snprintf(path, sizeof path, "%s/containers/%s/%s", root, id, files[i]) >= (int)sizeof path)
			return -ENAMETOOLONG;
		int fd = ct_open(env, p, path, O_PATH);
		int err = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
		if (err && !i)
			return err;
		if (err)
			continue;
		mix(l->stamp, st.st_ino);
		mix(l->stamp, (uint64_t)st.st_size);
		mix(l->stamp, (uint64_t)st.st_mtim.tv_sec);
		mix(l->stamp, (uint64_t)st.st_mtim.tv_nsec);
	}
	return 0;
}

static int docker_stamp(struct ct_env *env, const struct ct_life *life, uint64_t *stamp, struct ct_place **at)
{
	return look_everywhere(env, life, at, &(struct look){ .at = stamp_folder, .stamp = stamp });
}

/* --- API --- */

enum { ASK_CONTAINER, ASK_IMAGE };

static bool docker_request(const struct ph_container *draft, unsigned step, char *path, size_t size)
{
	switch (step) {
	case ASK_CONTAINER:
		return snprintf(path, size, "/containers/%s/json", draft->full_id) < (int)size;
	case ASK_IMAGE:
		return is_id(draft->image_id, strlen(draft->image_id)) &&
		       snprintf(path, size, "/images/sha256:%s/json", draft->image_id) < (int)size;
	default:
		return false;
	}
}

/* RepoTags: ["name:tag", ..], RepoDigests: ["name@sha256:..", ..]: the digest under the name that the container was made by. */
static void parse_image_answer(struct ph_container *c, const json_t *root)
{
	const char *tag = json_string_value(json_array_get(json_object_get(root, "RepoTags"), 0));
	if (is_image_id(c->image) && tag) {
		ct_set(&c->image, tag, strlen(tag));
		split_image(c, tag);
	}
	if (*c->image_digest)
		return;
	json_t *digests = json_object_get(root, "RepoDigests"), *d;
	size_t i, repo = strlen(c->image_repo);
	json_array_foreach(digests, i, d) {
		const char *text = json_string_value(d), *at = text ? strchr(text, '@') : NULL;
		if (!at)
			continue;
		bool same = (size_t)(at - text) == repo && !memcmp(text, c->image_repo, repo);
		if (same || !*c->image_digest)
			ct_set(&c->image_digest, at + 1, strlen(at + 1));
		if (same)
			return;
	}
}

static int docker_answer(struct ph_container *draft, unsigned step, const json_t *body)
{
	if (step == ASK_CONTAINER)
		return parse_container(draft, body, json_object_get(body, "HostConfig"), "Id");
	parse_image_answer(draft, body);
	return 0;
}

const struct ct_runtime ct_docker = {
	.title = "Docker",
	.type = PH_CT_DOCKER,
	.claim = docker_claim,
	.read_disk = docker_read_disk,
	.stamp = docker_stamp,
	.look_again = ct_docker_look_again,
	.places = ct_docker_places,
	.request = docker_request,
	.answer = docker_answer,
};
