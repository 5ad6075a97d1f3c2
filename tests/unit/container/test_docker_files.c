/* SPDX-License-Identifier: Apache-2.0 */
/* What Docker's files tell, and that nothing in their place can hurt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fake_docker.h"

#define ROOT "/var/lib/docker"
#define FOLDER ROOT "/containers/" ID_A
#define CONFIG FOLDER "/config.v2.json"

static int setup(void **state)
{
	struct host *h = malloc(sizeof *h);
	host_make(h);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct host *h = *state;
	host_close(h);
	host_remove(h);
	free(h);
	return 0;
}

static void the_name_is_there_at_the_first_sight(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "zany_torvalds");
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_string_equal(c->name, "zany_torvalds");
	assert_int_equal(c->lookup, PH_CL_OK);
	assert_int_equal(c->type, PH_CT_DOCKER);
	assert_string_equal(c->image, "registry.test:5000/team/busy:1");
	assert_string_equal(c->image_repo, "registry.test:5000/team/busy");
	assert_string_equal(c->image_tag, "1");
	assert_string_equal(c->image_digest, "");
	assert_string_equal(c->image_id, "926932d8d966a875fe79a5b04075bfbe7ddeb89bf62e654f7731a3150ecbea54");
	assert_string_equal(c->user, "1000:1000");
	assert_string_equal(c->healthcheck, "curl -f localhost");
	assert_string_equal(c->log_path, FOLDER "/" ID_A "-json.log");
	assert_int_equal(c->created_ns, 1795801627917458683);
	assert_true(c->privileged);
	assert_int_equal(c->memory_limit, 67108864);
	assert_int_equal(c->swap_limit, 134217728);
	assert_int_equal(c->cpu_shares, 512);
	assert_int_equal(c->cpu_quota, 50000);
	assert_int_equal(c->cpu_period, 100000);
	assert_int_equal(c->nlabels, 2);
	assert_string_equal(c->labels[0].key, "com.test.role");
	assert_string_equal(c->labels[0].value, "web");
	assert_int_equal(c->nmounts, 1);
	assert_string_equal(c->mounts[0].source, "/srv/data");
	assert_string_equal(c->mounts[0].dest, "/data");
	assert_string_equal(c->mounts[0].mode, "ro");
	assert_string_equal(c->mounts[0].propagation, "rslave");
	assert_false(c->mounts[0].rdwr);
	assert_int_equal(c->nports, 1);
	assert_int_equal(c->ports[0].host_port, 8099);
	assert_int_equal(c->ports[0].container_port, 80);
}

static void the_data_root_may_be_configured(void **state)
{
	struct host *h = *state;
	host_write(h, "/etc/docker/daemon.json", "{\"data-root\": \"/mnt/big/docker\"}");
	host_add_container(h, "/mnt/big/docker", ID_A, "elsewhere");
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "elsewhere");
}

static void count_change(void *arg, const struct ph_container *c)
{
	assert_string_equal(c->name, "on_disk");
	++*(int *)arg;
}

static void who_wants_to_know_is_told_when_details_are_known(void **state)
{
	struct host *h = *state;
	int changes = 0;
	host_add_container(h, "/opt/d", ID_A, "on_disk");
	const struct ph_containers_opts opts = { .size = sizeof opts,
						 .host_root = h->root,
						 .ask_runtimes = true,
						 .docker_root = "/opt/d",
						 .changed = count_change,
						 .changed_arg = &changes };
	h->cs = ph_containers_new(&opts);
	look(h, PATH_A);
	assert_int_equal(changes, 1);
	look(h, PATH_A);
	assert_int_equal(changes, 1);
}

static void an_option_goes_before_the_configuration(void **state)
{
	struct host *h = *state;
	host_write(h, "/etc/docker/daemon.json", "{\"data-root\": \"/mnt/big/docker\"}");
	host_add_container(h, "/opt/d", ID_A, "optional");
	const struct ph_containers_opts opts = {
		.size = sizeof opts, .host_root = h->root, .ask_runtimes = true, .docker_root = "/opt/d"
	};
	h->cs = ph_containers_new(&opts);
	assert_string_equal(look(h, PATH_A)->name, "optional");
}

/* A process of the host's /proc, its name and its words (NUL-separated, n bytes). */
static void add_process(struct host *h, const char *pid, const char *comm, const char *cmdline, size_t n)
{
	char path[PATH_MAX], full[PATH_MAX];
	snprintf(path, sizeof path, "/proc/%s/ns/pid", pid);
	host_write(h, path, "");
	snprintf(path, sizeof path, "/proc/%s/comm", pid);
	host_write(h, path, comm);
	snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
	host_write(h, path, "");
	host_path(h, path, full);
	int fd = open(full, O_WRONLY);
	assert_int_equal(write(fd, cmdline, n), n);
	close(fd);
}

/* The namespaces of processes are files with an inode number here too. */
static void same_pid_namespace(struct host *h, const char *a, const char *b)
{
	char from[PATH_MAX], to[PATH_MAX], path[64];
	snprintf(path, sizeof path, "/proc/%s/ns/pid", a);
	host_path(h, path, from);
	snprintf(path, sizeof path, "/proc/%s/ns/pid", b);
	host_path(h, path, to);
	unlink(to);
	assert_int_equal(link(from, to), 0);
}

static void the_running_daemon_says_where_its_files_are(void **state)
{
	static const char words[] = "dockerd\0-H\0tcp://1.2.3.4\0-H=unix:///x/docker.sock\0--data-root\0/srv/own";
	struct host *h = *state;
	host_write(h, "/etc/docker/daemon.json", "{\"data-root\": \"/mnt/big/docker\"}");
	add_process(h, "1", "init\n", "init", 5);
	add_process(h, "77", "dockerd\n", words, sizeof words);
	same_pid_namespace(h, "1", "77");
	host_add_container(h, "/srv/own", ID_A, "own_root");
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "own_root");
}

static void a_daemon_in_a_container_has_its_own_paths(void **state)
{
	static const char words[] = "dockerd\0--data-root=/srv/own";
	struct host *h = *state;
	add_process(h, "1", "init\n", "init", 5);
	add_process(h, "77", "dockerd\n", words, sizeof words);
	host_add_container(h, "/srv/own", ID_A, "wrong");
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "");
	host_close(h);

	same_pid_namespace(h, "1", "77"); /* --pid=host */
	host_write(h, "/proc/77/cgroup", "4:memory:/x\n0::/docker/" ID_B "\n");
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "");
	host_close(h);

	host_add_container(h, "/proc/77/root/srv/own", ID_A, "inner");
	host_add_container(h, "/proc/77/root/srv/own", ID_B, "itself");
	host_add_container(h, ROOT, ID_B, "outer");
	host_open(h);
	assert_string_equal(look(h, PATH_B "/docker/" ID_A)->name, "inner");
	assert_string_equal(look(h, PATH_B)->name, "outer");
	host_close(h);

	/* it cannot speak for containers that are not inside of its own */
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "");
}

static void a_daemon_in_another_mount_namespace_is_seen_through_its_root(void **state)
{
	static const char words[] = "dockerd";
	struct host *h = *state;
	char path[PATH_MAX];
	add_process(h, "1", "init\n", "init", 5);
	add_process(h, "77", "dockerd\n", words, sizeof words);
	same_pid_namespace(h, "1", "77");
	host_write(h, "/proc/1/ns/mnt", "");
	host_write(h, "/proc/77/ns/mnt", "");
	host_write(h, "/proc/77/stat", "77 (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 19");
	host_write(h, "/proc/77/root/etc/docker/daemon.json", "{\"data-root\": \"/linked\"}");
	host_add_container(h, "/proc/77/root/srv/own", ID_A, "inner");
	host_path(h, "/proc/77/root/linked", path);
	assert_int_equal(symlink("/srv/own", path), 0); /* its own /srv */
	host_add_container(h, ROOT, ID_B, "outer");
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "inner");
	assert_string_equal(look(h, PATH_B)->name, "outer");
	host_close(h);

	/* another process has its number by now */
	host_open(h);
	host_write(h, "/proc/77/stat", "77 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4712 19");
	assert_string_equal(look(h, PATH_A)->name, "");
}

static void several_daemons_are_looked_at(void **state)
{
	static const char a[] = "dockerd\0--data-root\0/srv/a\0-Hunix:///srv/a.sock", b[] = "dockerd\0-g\0/srv/b";
	struct host *h = *state;
	char path[96];
	add_process(h, "1", "init\n", "init", 5);
	add_process(h, "76", "dockerd\n", a, sizeof a);
	add_process(h, "77", "dockerd\n", b, sizeof b);
	same_pid_namespace(h, "1", "76");
	same_pid_namespace(h, "1", "77");
	host_add_container(h, "/srv/a", ID_A, "of_a");
	host_add_container(h, "/srv/b", ID_B, "of_b");
	snprintf(path, sizeof path, "/docker/%064x", 1);
	host_add_container(h, ROOT, path + strlen("/docker/"), "of_the_first");
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "of_a");
	assert_string_equal(look(h, PATH_B)->name, "of_b");
	assert_string_equal(look(h, path)->name, "of_the_first");
	host_close(h);

	/* an option names the first one; the others stay */
	const struct ph_containers_opts opts = {
		.size = sizeof opts, .host_root = h->root, .ask_runtimes = true, .docker_root = "/srv/b"
	};
	h->cs = ph_containers_new(&opts);
	assert_string_equal(look(h, PATH_A)->name, "of_a");
	assert_string_equal(look(h, PATH_B)->name, "of_b");
}

static void the_daemon_that_has_the_files_is_asked(void **state)
{
	static const char a[] = "dockerd\0--data-root\0/srv/a", b[] = "dockerd\0-g\0/srv/b\0-H\0unix:///srv/b.sock";
	struct host *h = *state;
	add_process(h, "1", "init\n", "init", 5);
	add_process(h, "76", "dockerd\n", a, sizeof a);
	add_process(h, "77", "dockerd\n", b, sizeof b);
	same_pid_namespace(h, "1", "76");
	same_pid_namespace(h, "1", "77");
	host_add_container(h, "/srv/a", ID_A, "of_a");
	host_add_container(h, "/srv/b", ID_B, "of_b");
	struct daemon *d = daemon_start(h, DAEMON_OK); /* a's */
	host_open(h);
	struct ph_container *c = look(h, PATH_B);
	assert_true(wait_warning(h, 5000));
	assert_non_null(strstr(h->warnings, "Docker at /srv/b.sock cannot be reached"));
	assert_int_equal(daemon_requests(d), 0);
	assert_true(wait_ip(h, look(h, PATH_A), 5000)); /* b's silence is no matter */
	assert_string_equal(c->name, "of_b");
	daemon_stop(d);
}

static void end_process(struct host *h, const char *pid)
{
	char path[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
	snprintf(path, sizeof path, "/proc/%s", pid);
	host_path(h, path, from);
	host_path(h, "/ended", to);
	assert_int_equal(rename(from, to), 0);
}

static void a_daemon_that_has_gone_counts_while_its_files_do(void **state)
{
	static const char words[] = "dockerd\0--data-root=/srv/own";
	struct host *h = *state;
	add_process(h, "1", "init\n", "init", 5);
	add_process(h, "77", "dockerd\n", words, sizeof words);
	same_pid_namespace(h, "1", "77");
	host_write(h, ROOT "/x", "");
	host_add_container(h, "/srv/own", ID_A, "lives_on");
	host_open(h);
	end_process(h, "77");
	usleep(1100000);
	look(h, "/docker/cccccccccccc0123456789abcdef0123456789abcdef0123456789abcdef0123"); /* looks at /proc again */
	assert_true(wait_warning(h, 15000));
	assert_non_null(strstr(h->warnings,
			       "container cccccccccccc is in a cgroup of Docker but unknown at " ROOT ", /srv/own;"));
	assert_string_equal(look(h, PATH_A)->name, "lives_on");
}

static void a_daemon_that_has_gone_with_its_files_is_forgotten(void **state)
{
	static const char words[] = "dockerd\0--data-root=/srv/own";
	struct host *h = *state;
	char from[PATH_MAX], to[PATH_MAX];
	add_process(h, "1", "init\n", "init", 5);
	add_process(h, "77", "dockerd\n", words, sizeof words);
	same_pid_namespace(h, "1", "77");
	host_write(h, ROOT "/x", "");
	host_write(h, "/srv/own/x", "");
	host_open(h);
	end_process(h, "77");
	host_path(h, "/srv/own", from);
	host_path(h, "/srv/gone", to);
	assert_int_equal(rename(from, to), 0);
	usleep(1100000);
	look(h, PATH_B);
	for (int i = 0; !strstr(h->warnings, "unknown at") && i < 15000; i++, usleep(1000))
		ph_containers_poll(h->cs);
	assert_non_null(strstr(h->warnings, "unknown at " ROOT ";"));
}

static void a_daemon_that_is_started_later_is_found(void **state)
{
	static const char words[] = "dockerd\0--data-root=/srv/own";
	struct host *h = *state;
	add_process(h, "1", "init\n", "init", 5);
	host_open(h);
	usleep(1100000);
	add_process(h, "77", "dockerd\n", words, sizeof words);
	same_pid_namespace(h, "1", "77");
	host_add_container(h, "/srv/own", ID_A, "later");
	struct ph_container *c = look(h, PATH_A);
	assert_string_equal(c->name, ""); /* the search for the daemon is not made while events wait */
	assert_true(wait_lookup(h, c, PH_CL_OK, 5000));
	assert_string_equal(c->name, "later");
}

static void user_namespaces_put_the_files_a_folder_deeper(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT "/165536.165536", ID_A, "remapped");
	host_write(h, ROOT "/overlay2/x", "");
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "remapped");
}

static void links_are_followed_inside_the_hosts_root(void **state)
{
	struct host *h = *state;
	char link[PATH_MAX];
	host_add_container(h, "/data/docker", ID_A, "linked");
	host_write(h, "/var/lib/x", "");
	host_path(h, ROOT, link);
	assert_int_equal(symlink("/data/docker", link), 0);
	host_open(h);
	assert_string_equal(look(h, PATH_A)->name, "linked");
}

static void without_asking_nothing_is_read(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "unread");
	const struct ph_containers_opts opts = { .size = sizeof opts, .host_root = h->root };
	h->cs = ph_containers_new(&opts);
	assert_string_equal(look(h, PATH_A)->name, "");
	assert_int_equal(look(h, PATH_A)->lookup, PH_CL_STARTED);
}

static void files_that_come_late_are_found(void **state)
{
	struct host *h = *state;
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_string_equal(c->name, "");
	assert_int_equal(c->lookup, PH_CL_STARTED);
	uint32_t before = c->generation;
	usleep(50000);
	host_add_container(h, ROOT, ID_A, "late");
	assert_true(wait_lookup(h, c, PH_CL_OK, 3000));
	assert_string_equal(c->name, "late");
	assert_true(c->generation > before);
}

static void a_new_start_reads_them_again(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "before");
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	ph_containers_removed(h->cs, PATH_A, strlen(PATH_A));
	host_add_container(h, ROOT, ID_A, "after");
	assert_string_equal(c->name, "before");
	assert_ptr_equal(look(h, PATH_A), c);
	assert_string_equal(c->name, "after");
}

static bool wait_name(struct host *h, const struct ph_container *c, const char *name, int ms)
{
	for (int64_t end = clock_us() + ms * 1000LL; strcmp(c->name, name) && clock_us() < end; usleep(1000))
		ph_containers_poll(h->cs);
	return !strcmp(c->name, name);
}

static void write_hostconfig(struct host *h, const char *text)
{
	char from[PATH_MAX], to[PATH_MAX];
	host_write(h, FOLDER "/.tmp-hostconfig", text);
	host_path(h, FOLDER "/.tmp-hostconfig", from);
	host_path(h, FOLDER "/hostconfig.json", to);
	assert_int_equal(rename(from, to), 0);
}

static void a_new_name_or_limit_is_noticed(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "before");
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	uint32_t generation = c->generation;
	assert_string_equal(c->name, "before");
	usleep(300000); /* the worker has read them */
	ph_containers_poll(h->cs);
	assert_int_equal(c->generation, generation);

	host_add_container(h, ROOT, ID_A, "after");
	assert_true(wait_name(h, c, "after", 8000));
	assert_true(c->generation > generation);
	generation = c->generation;
	write_hostconfig(h, "{\"Memory\":1048576,\"PortBindings\":{}}");
	for (int i = 0; c->memory_limit != 1048576 && i < 8000; i++, usleep(1000))
		ph_containers_poll(h->cs);
	assert_int_equal(c->memory_limit, 1048576);
	assert_int_equal(c->cpu_quota, 0);
	assert_true(c->generation > generation);

	/* ended: nobody looks any more */
	ph_containers_removed(h->cs, PATH_A, strlen(PATH_A));
	host_add_container(h, ROOT, ID_A, "later");
	assert_false(wait_name(h, c, "later", 3000));
	assert_ptr_equal(look(h, PATH_A), c);
	assert_string_equal(c->name, "later");
	usleep(300000);
	host_add_container(h, ROOT, ID_A, "again");
	assert_true(wait_name(h, c, "again", 8000));
}

/* The look-up returns at once, the container is known and has no name. */
static void assert_harmless(struct host *h)
{
	host_open(h);
	int64_t from = clock_us();
	struct ph_container *c = look(h, PATH_A);
	assert_true(clock_us() - from < 500000);
	assert_non_null(c);
	assert_string_equal(c->name, "");
	assert_string_equal(c->full_id, ID_A);
	assert_true(host_close(h) < 500);
}

static void garbage_is_no_name(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"null",
		"[]",
		"7",
		"\"x\"",
		"{}",
		"{\"ID\": 5}",
		"{\"ID\": \"" ID_B "\", \"Name\": \"/other\"}",
		"{\"ID\": \"" ID_A "\", \"Name\": \"/cut",
		"{\"ID\": \"" ID_A "\", \"Name\": \"/\\u0000x\"}",
		"\xff\xfe{}",
	};
	struct host *h = *state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		host_write(h, CONFIG, texts[i]);
		assert_harmless(h);
	}
}

static void wrong_types_cost_their_field_only(void **state)
{
	struct host *h = *state;
	host_write(
		h, CONFIG,
		"{\"ID\":\"" ID_A
		"\",\"Name\":\"/odd\",\"Created\":12,\"Config\":{\"Image\":{},\"Labels\":[1,2],\"User\":false,"
		"\"Healthcheck\":{\"Test\":[1,{},\"x\"]}},\"Image\":[],\"NetworkSettings\":{\"IPAddress\":\"300.1.2.3\","
		"\"Networks\":[\"a\"],\"Ports\":{\"x\":[{}],\"99999/tcp\":[1],\"80/tcp\":{\"a\":1},\"81/tcp\":[7,{\"HostIp\":5,"
		"\"HostPort\":\"-1\"}]}},\"MountPoints\":{\"/a\":3,\"/b\":{\"Source\":1,\"RW\":\"yes\"}},\"LogPath\":0}");
	host_write(h, FOLDER "/hostconfig.json",
		   "{\"Privileged\":1,\"Memory\":\"big\",\"CpuQuota\":-1,\"NanoCpus\":1e9,\"LogConfig\":4}");
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_string_equal(c->name, "odd");
	assert_string_equal(c->image, "");
	assert_int_equal(c->nlabels, 0);
	assert_int_equal(c->nports, 0);
	assert_int_equal(c->nmounts, 1);
	assert_string_equal(c->mounts[0].source, "");
	assert_false(c->mounts[0].rdwr);
	assert_int_equal(c->ip, 0);
	assert_int_equal(c->created_ns, 0);
	assert_int_equal(c->memory_limit, 0);
	assert_int_equal(c->cpu_quota, 0);
	assert_false(c->privileged);
}

static void deep_nesting_is_refused(void **state)
{
	struct host *h = *state;
	enum { DEPTH = 100000 };
	char *text = calloc(1, 2 * DEPTH + 1);
	memset(text, '[', 2 * DEPTH);
	host_write(h, CONFIG, text);
	free(text);
	assert_harmless(h);
}

static void a_huge_file_is_not_read(void **state)
{
	struct host *h = *state;
	char path[PATH_MAX];
	host_write(h, CONFIG, "{");
	host_path(h, CONFIG, path);
	assert_int_equal(truncate(path, 1ll << 40), 0);
	assert_harmless(h);
}

static void a_large_file_is_left_to_the_worker(void **state)
{
	struct host *h = *state;
	enum { SIZE = 2 << 20 };
	char *text = malloc(SIZE);
	int n = snprintf(text, SIZE, "{\"ID\":\"" ID_A "\",\"Name\":\"/large\"}");
	memset(text + n, ' ', SIZE - (size_t)n - 1);
	text[SIZE - 1] = 0;
	host_write(h, CONFIG, text);
	free(text);
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_string_equal(c->name, "");
	assert_true(wait_lookup(h, c, PH_CL_OK, 3000));
	assert_string_equal(c->name, "large");
}

static void a_fifo_does_not_block(void **state)
{
	struct host *h = *state;
	char path[PATH_MAX];
	host_write(h, FOLDER "/x", "");
	host_path(h, CONFIG, path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_harmless(h);
}

static void a_folder_in_its_place_is_harmless(void **state)
{
	struct host *h = *state;
	host_write(h, CONFIG "/x", "");
	assert_harmless(h);
}

static void links_in_a_circle_are_harmless(void **state)
{
	struct host *h = *state;
	char path[PATH_MAX];
	host_write(h, FOLDER "/x", "");
	host_path(h, CONFIG, path);
	assert_int_equal(symlink("config.v2.json", path), 0);
	assert_harmless(h);
}

static void a_link_to_a_device_is_not_read(void **state)
{
	struct host *h = *state;
	char path[PATH_MAX];
	host_write(h, FOLDER "/x", "");
	host_path(h, CONFIG, path);
	assert_int_equal(symlink("../../../../../../../../../../dev/zero", path), 0);
	assert_harmless(h);
}

static void a_garbled_configuration_of_the_daemon_is_harmless(void **state)
{
	static const char *const texts[] = { "{", "[]", "{\"data-root\": 5, \"hosts\": {\"a\": 1}}",
					     "{\"data-root\": \"relative\"}" };
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "usual");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		host_write(h, "/etc/docker/daemon.json", texts[i]);
		host_open(h);
		assert_string_equal(look(h, PATH_A)->name, "usual");
		host_close(h);
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void the_first_sight_is_quick(void **state)
{
	struct host *h = *state;
	enum { N = 200 };
	int64_t took[N];
	char id[65], path[128];
	for (int i = 0; i < N; i++) {
		snprintf(id, sizeof id, "%012x%052x", i, i);
		host_add_container(h, ROOT, id, "quick");
	}
	host_open(h);
	for (int i = 0; i < N; i++) {
		snprintf(path, sizeof path, "/docker/%012x%052x", i, i);
		int64_t from = clock_us();
		struct ph_container *c = look(h, path);
		took[i] = clock_us() - from;
		assert_string_equal(c->name, "quick");
	}
	qsort(took, N, sizeof took[0], by_value);
	print_message("first sight of %d containers: median %ld us, 99%% below %ld us, longest %ld us\n", N,
		      (long)took[N / 2], (long)took[N * 99 / 100], (long)took[N - 1]);
	assert_true(took[N / 2] < 2000); /* sanitized builds too */

	int64_t from = clock_us();
	for (int i = 0; i < 100000; i++)
		look(h, path);
	print_message("each further one: %ld ns\n", (long)((clock_us() - from) / 100));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_name_is_there_at_the_first_sight),
		TEST(the_data_root_may_be_configured),
		TEST(an_option_goes_before_the_configuration),
		TEST(who_wants_to_know_is_told_when_details_are_known),
		TEST(the_running_daemon_says_where_its_files_are),
		TEST(a_daemon_in_a_container_has_its_own_paths),
		TEST(a_daemon_in_another_mount_namespace_is_seen_through_its_root),
		TEST(several_daemons_are_looked_at),
		TEST(the_daemon_that_has_the_files_is_asked),
		TEST(a_daemon_that_has_gone_counts_while_its_files_do),
		TEST(a_daemon_that_has_gone_with_its_files_is_forgotten),
		TEST(a_daemon_that_is_started_later_is_found),
		TEST(user_namespaces_put_the_files_a_folder_deeper),
		TEST(links_are_followed_inside_the_hosts_root),
		TEST(without_asking_nothing_is_read),
		TEST(files_that_come_late_are_found),
		TEST(a_new_start_reads_them_again),
		TEST(a_new_name_or_limit_is_noticed),
		TEST(garbage_is_no_name),
		TEST(wrong_types_cost_their_field_only),
		TEST(deep_nesting_is_refused),
		TEST(a_huge_file_is_not_read),
		TEST(a_large_file_is_left_to_the_worker),
		TEST(a_fifo_does_not_block),
		TEST(a_folder_in_its_place_is_harmless),
		TEST(links_in_a_circle_are_harmless),
		TEST(a_link_to_a_device_is_not_read),
		TEST(a_garbled_configuration_of_the_daemon_is_harmless),
		TEST(the_first_sight_is_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
