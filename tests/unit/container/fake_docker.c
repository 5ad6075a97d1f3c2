/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_docker.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NEED(cond)                                                                                      \
	do {                                                                                            \
		if (!(cond)) {                                                                          \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #cond, strerror(errno)); \
			abort();                                                                        \
		}                                                                                       \
	} while (0)

#define IMAGE_ID "926932d8d966a875fe79a5b04075bfbe7ddeb89bf62e654f7731a3150ecbea54"
#define DIGEST "sha256:0000111122223333444455556666777788889999aaaabbbbccccddddeeeeffff"

int64_t clock_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* --- the host --- */

void host_make(struct host *h)
{
	*h = (struct host){ .root = "/tmp/porthole-test-XXXXXX" };
	NEED(mkdtemp(h->root));
	char path[PATH_MAX];
	host_path(h, "/run", path);
	NEED(!mkdir(path, 0755));
	/* as Debian has it: the absolute link must be taken below the root */
	host_path(h, "/var", path);
	NEED(!mkdir(path, 0755));
	host_path(h, "/var/run", path);
	NEED(!symlink("/run", path));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void host_remove(struct host *h)
{
	nftw(h->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void host_path(const struct host *h, const char *path, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s", h->root, path);
}

void host_write(const struct host *h, const char *path, const char *text)
{
	char full[PATH_MAX];
	host_path(h, path, full);
	for (char *p = full + strlen(h->root) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		NEED(!mkdir(full, 0755) || errno == EEXIST);
		*p = '/';
	}
	FILE *f = fopen(full, "w");
	NEED(f && fputs(text, f) >= 0 && !fclose(f));
}

static const char config_json[] =
	"{\"StreamConfig\":{},\"State\":{\"Running\":false,\"Pid\":0},\"ID\":\"%s\",\"Created\":\"2026-11-27T17:47:07.917458683Z\","
	"\"Path\":\"/bin/sh\",\"Args\":[\"-c\",\"true\"],\"Config\":{\"Hostname\":\"x\",\"User\":\"1000:1000\","
	"\"Env\":[\"A=b\"],\"Healthcheck\":{\"Test\":[\"CMD\",\"curl\",\"-f\",\"localhost\"]},"
	"\"Image\":\"registry.test:5000/team/busy:1\",\"Labels\":{\"com.test.role\":\"web\",\"n\":\"1\"}},"
	"\"Image\":\"sha256:" IMAGE_ID
	"\",\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":\"\"}},\"Ports\":null},"
	"\"LogPath\":\"\",\"Name\":\"/%s\",\"MountPoints\":{\"/data\":{\"Source\":\"/srv/data\",\"Destination\":\"/data\","
	"\"RW\":false,\"Relabel\":\"ro\",\"Propagation\":\"rslave\"}}}";

static const char host_json[] =
	"{\"LogConfig\":{\"Type\":\"json-file\"},\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8099\"}]},"
	"\"Privileged\":true,\"Memory\":67108864,\"MemorySwap\":134217728,\"NanoCpus\":500000000,\"CpuShares\":512}";

void host_add_container(const struct host *h, const char *data_root, const char *id, const char *name)
{
	char path[PATH_MAX], text[4096];
	snprintf(path, sizeof path, "%s/containers/%s/hostconfig.json", data_root, id);
	host_write(h, path, host_json);
	snprintf(path, sizeof path, "%s/containers/%s/config.v2.json", data_root, id);
	snprintf(text, sizeof text, config_json, id, name);
	host_write(h, path, text);
}

static void note_warning(void *arg, const char *line)
{
	struct host *h = arg;
	size_t at = strlen(h->warnings);
	snprintf(h->warnings + at, sizeof h->warnings - at, "%s\n", line);
	h->nwarnings++;
}

void host_open(struct host *h)
{
	const struct ph_containers_opts opts = {
		.size = sizeof opts,
		.host_root = h->root,
		.ask_runtimes = true,
		.warn = note_warning,
		.warn_arg = h,
	};
	h->cs = ph_containers_new(&opts);
	NEED(h->cs);
}

int64_t host_close(struct host *h)
{
	int64_t from = clock_us();
	ph_containers_free(h->cs);
	h->cs = NULL;
	return (clock_us() - from) / 1000;
}

struct ph_container *look(struct host *h, const char *cgroup)
{
	return ph_containers_by_cgroup(h->cs, cgroup, strlen(cgroup));
}

#define WAIT_FOR(h, condition, ms)                                                                             \
	do {                                                                                                   \
		for (int64_t end = clock_us() + (ms) * 1000LL; !(condition) && clock_us() < end; usleep(1000)) \
			ph_containers_poll((h)->cs);                                                           \
		return (condition);                                                                            \
	} while (0)

bool wait_lookup(struct host *h, const struct ph_container *c, enum ph_container_lookup lookup, int ms)
{
	WAIT_FOR(h, c->lookup == lookup, ms);
}

bool wait_ip(struct host *h, const struct ph_container *c, int ms)
{
	WAIT_FOR(h, c->ip != 0, ms);
}

bool wait_warning(struct host *h, int ms)
{
	WAIT_FOR(h, h->nwarnings > 0, ms);
}

/* --- the daemon --- */

#define CLIENTS_MAX 64

struct daemon {
	enum daemon_mode mode;
	char path[108];
	int listener, stop[2];
	atomic_int requests;
	pthread_t thread;
	int clients[CLIENTS_MAX]; /* left open until the end */
	int nclients;
};

/* false: the test ends, or the client has gone. */
static bool send_all(struct daemon *d, int fd, const char *data, size_t len, size_t chunk, int pause_ms)
{
	while (len) {
		ssize_t n = send(fd, data, len < chunk ? len : chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
		struct pollfd p = { .fd = d->stop[0], .events = POLLIN };
		if ((n < 0 || pause_ms) && poll(&p, 1, n < 0 ? 1 : pause_ms) > 0)
			return false;
	}
	return true;
}

static void respond(struct daemon *d, int fd, const char *status, const char *body, size_t len, size_t chunk,
		    int pause_ms)
{
	char head[256];
	int n = snprintf(head, sizeof head,
			 "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, len);
	if (send_all(d, fd, head, (size_t)n, chunk, pause_ms))
		send_all(d, fd, body, len, chunk, pause_ms);
}

static const char container_json[] =
	"{\"Id\":\"%.64s\",\"Name\":\"/from_daemon\",\"Created\":\"2026-11-27T19:47:07.5+02:00\",\"Image\":\"sha256:" IMAGE_ID
	"\","
	"\"Config\":{\"Image\":\"registry.test:5000/team/busy:1\",\"Labels\":{}},\"HostConfig\":{\"Privileged\":false,\"Memory\":1024},"
	"\"Mounts\":[{\"Source\":\"/s\",\"Destination\":\"/d\",\"Mode\":\"z\",\"RW\":true,\"Propagation\":\"\"}],"
	"\"LogPath\":\"/log\",\"NetworkSettings\":{\"IPAddress\":\"172.17.0.2\",\"Ports\":{\"80/tcp\":["
	"{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8099\"},{\"HostIp\":\"::\",\"HostPort\":\"8099\"}],\"81/tcp\":null}}}";

static const char image_json[] = "{\"Id\":\"sha256:" IMAGE_ID "\",\"RepoTags\":[\"registry.test:5000/team/busy:1\"],"
				 "\"RepoDigests\":[\"other@sha256:00\",\"registry.test:5000/team/busy@" DIGEST "\"]}";

static void respond_ok(struct daemon *d, int fd, const char *request, size_t chunk, int pause_ms)
{
	const char *id = strstr(request, "GET /containers/");
	char body[4096];
	if (strstr(request, "GET /images/sha256:" IMAGE_ID "/json")) {
		respond(d, fd, "200 OK", image_json, strlen(image_json), chunk, pause_ms);
	} else if (id) {
		snprintf(body, sizeof body, container_json, id + strlen("GET /containers/"));
		respond(d, fd, "200 OK", body, strlen(body), chunk, pause_ms);
	}
}

static void respond_big(struct daemon *d, int fd)
{
	size_t len = 10u << 20;
	char *body = malloc(len);
	NEED(body);
	memset(body, ' ', len);
	body[0] = '{';
	body[len - 1] = '}';
	respond(d, fd, "200 OK", body, len, len, 0);
	free(body);
}

static void serve(struct daemon *d, int fd)
{
	static const char bad[] = "{\"Id\": \"",
			  wrong[] = "{\"Id\": 12, \"Name\": [1], \"Config\": 7, \"Mounts\": \"x\"}",
			  garbage[] = "\x16\x03\x01 this is no HTTP\r\n\r\n";
	char request[4096];
	ssize_t n = recv(fd, request, sizeof request - 1, 0);
	if (n <= 0)
		return;
	request[n] = 0;
	atomic_fetch_add(&d->requests, 1);

	switch (d->mode) {
	case DAEMON_OK:
		respond_ok(d, fd, request, 4096, 0);
		break;
	case DAEMON_DRIPS:
		respond_ok(d, fd, request, 1, 100);
		break;
	case DAEMON_GARBAGE:
		send_all(d, fd, garbage, sizeof garbage - 1, 4096, 0);
		break;
	case DAEMON_BAD_JSON:
		respond(d, fd, "200 OK", bad, sizeof bad - 1, 4096, 0);
		break;
	case DAEMON_WRONG_TYPES:
		respond(d, fd, "200 OK", wrong, sizeof wrong - 1, 4096, 0);
		break;
	case DAEMON_TEN_MB:
		respond_big(d, fd);
		break;
	case DAEMON_404:
		respond(d, fd, "404 Not Found", "{}", 2, 4096, 0);
		break;
	case DAEMON_500:
		respond(d, fd, "500 Internal Server Error", "{}", 2, 4096, 0);
		break;
	case DAEMON_HANGS:
	case DAEMON_CLOSES:
		break;
	}
}

static void *daemon_run(void *arg)
{
	struct daemon *d = arg;
	for (;;) {
		struct pollfd p[2] = { { .fd = d->stop[0], .events = POLLIN },
				       { .fd = d->listener, .events = POLLIN } };
		if (poll(p, 2, -1) < 0 || p[0].revents)
			return NULL;
		int fd = accept(d->listener, NULL, NULL);
		if (fd < 0)
			continue;
		serve(d, fd);
		if (d->mode == DAEMON_HANGS && d->nclients < CLIENTS_MAX)
			d->clients[d->nclients++] = fd;
		else
			close(fd);
	}
}

struct daemon *daemon_start(const struct host *h, enum daemon_mode mode)
{
	struct daemon *d = calloc(1, sizeof *d);
	NEED(d);
	d->mode = mode;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	snprintf(d->path, sizeof d->path, "%s/run/docker.sock", h->root);
	memcpy(addr.sun_path, d->path, sizeof d->path);
	unlink(d->path);
	d->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	NEED(d->listener >= 0 && !bind(d->listener, (struct sockaddr *)&addr, sizeof addr) && !listen(d->listener, 64));
	NEED(!pipe(d->stop));
	NEED(!pthread_create(&d->thread, NULL, daemon_run, d));
	return d;
}

int daemon_requests(struct daemon *d)
{
	return atomic_load(&d->requests);
}

void daemon_stop(struct daemon *d)
{
	NEED(write(d->stop[1], "x", 1) == 1);
	pthread_join(d->thread, NULL);
	close(d->stop[0]);
	close(d->stop[1]);
	close(d->listener);
	for (int i = 0; i < d->nclients; i++)
		close(d->clients[i]);
	unlink(d->path);
	free(d);
}
