/* SPDX-License-Identifier: Apache-2.0 */
/* Names of users and groups from files that may be hostile. */
#include "tests/unit/support/state_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct root {
	char dir[64];
	struct ph_containers *cs;
	struct ph_state *st;
	struct ph_event ev;
};

static void put_file(struct root *r, const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", r->dir, path);
	unlink(full);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void mkdirs(struct root *r, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", r->dir, path);
	for (char *p = full + strlen(r->dir) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(full, 0755);
			*p = '/';
		}
	mkdir(full, 0755);
}

static int setup(void **s)
{
	struct root *r = calloc(1, sizeof(*r));
	struct ph_containers_opts copts = { .size = sizeof(copts) };
	struct ph_state_opts opts = { .size = sizeof(opts), .users = true, .live = true, .host_root = r->dir };

	strcpy(r->dir, "/tmp/porthole-users-XXXXXX");
	if (!mkdtemp(r->dir))
		return -1;
	mkdirs(r, "/etc");
	mkdirs(r, "/proc/100/root/etc");
	opts.containers = r->cs = ph_containers_new(&copts);
	r->st = ph_state_new(&opts);
	*s = r;
	return r->st ? 0 : -1;
}

static int teardown(void **s)
{
	struct root *r = *s;
	char cmd[128];
	int rc;

	ph_state_free(r->st);
	ph_containers_free(r->cs);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", r->dir);
	rc = system(cmd);
	free(r);
	return rc;
}

static const char *user(struct root *r, const struct ph_thread *t, uint32_t uid)
{
	const struct ph_user *u = ph_state_user(r->st, t, uid);

	return u ? u->name : "(none)";
}

/* Thread 100, in a container whose root is the directory proc/100/root. */
static struct ph_thread *contained(struct root *r)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_CLONE_20_X, 100, 1);

	evb_num(b, "res", 0);
	evb_num(b, "pid", 100);
	evb_num(b, "ptid", -1);
	evb_str(b, "cgroups", "cpu=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_int_equal(ph_event_decode(&r->ev, evb_block(b)), 0);
	ph_state_begin(r->st, &r->ev);
	ph_state_end(r->st, &r->ev);
	assert_non_null(ph_state_thread(r->st, 100)->container);
	return ph_state_thread(r->st, 100);
}

static void the_hosts_files_are_read(void **s)
{
	struct root *r = *s;
	const struct ph_user *u;

	put_file(r, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nme:x:1000:100::/home/me:/bin/zsh\n");
	put_file(r, "/etc/group", "root:x:0:\nusers:x:100:me\n");
	u = ph_state_user(r->st, NULL, 1000);
	assert_string_equal(u->name, "me");
	assert_string_equal(u->home, "/home/me");
	assert_string_equal(u->shell, "/bin/zsh");
	assert_int_equal(u->gid, 100);
	assert_string_equal(ph_state_group(r->st, NULL, 100)->name, "users");
	assert_null(ph_state_user(r->st, NULL, 5));
}

static void the_first_of_equal_ids_wins(void **s)
{
	struct root *r = *s;

	put_file(r, "/etc/passwd", "z:x:5:0:::\na:x:5:0:::\nroot:x:0:0:::\n");
	assert_string_equal(user(r, NULL, 5), "z");
}

static void broken_lines_are_skipped(void **s)
{
	struct root *r = *s;

	put_file(r, "/etc/passwd", "\n:::::\nx\nneg:x:-1:0:::\nbig:x:99999999999:0:::\nno:x:abc:0:::\nok:x:5:6");
	assert_string_equal(user(r, NULL, 5), "ok");
	assert_string_equal(ph_state_user(r->st, NULL, 5)->shell, "");
}

static void a_container_has_its_own_users(void **s)
{
	struct root *r = *s;

	put_file(r, "/etc/passwd", "host:x:5:0:::\n");
	put_file(r, "/proc/100/root/etc/passwd", "guest:x:5:0:::\n");
	assert_string_equal(user(r, contained(r), 5), "guest");
	assert_string_equal(user(r, NULL, 5), "host");
}

static void a_container_without_the_file_has_the_hosts_names(void **s)
{
	struct root *r = *s;

	put_file(r, "/etc/passwd", "host:x:5:0:::\n");
	assert_string_equal(user(r, contained(r), 5), "host");
}

static void a_fifo_does_not_block(void **s)
{
	struct root *r = *s;
	char path[256];

	put_file(r, "/etc/passwd", "host:x:5:0:::\n");
	snprintf(path, sizeof(path), "%s/proc/100/root/etc/passwd", r->dir);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_string_equal(user(r, contained(r), 5), "host");
}

static void a_link_does_not_lead_out_of_the_container(void **s)
{
	struct root *r = *s;
	char path[256], target[256];

	put_file(r, "/etc/passwd", "host:x:5:0:::\n");
	put_file(r, "/secret", "leak:x:5:0:::\n");
	snprintf(path, sizeof(path), "%s/proc/100/root/etc/passwd", r->dir);
	snprintf(target, sizeof(target), "../../../../secret");
	assert_int_equal(symlink(target, path), 0);
	assert_string_equal(user(r, contained(r), 5), "host");
	put_file(r, "/proc/100/root/secret", "inside:x:5:0:::\n");
	sleep(2); /* looked at again after a second */
	assert_string_equal(user(r, ph_state_thread(r->st, 100), 5), "inside");
}

static void a_huge_file_is_not_read(void **s)
{
	struct root *r = *s;
	char path[256];

	put_file(r, "/etc/passwd", "host:x:5:0:::\n");
	put_file(r, "/proc/100/root/etc/passwd", "guest:x:5:0:::\n");
	snprintf(path, sizeof(path), "%s/proc/100/root/etc/passwd", r->dir);
	assert_int_equal(truncate(path, 1 << 30), 0);
	assert_string_equal(user(r, contained(r), 5), "host");
}

static void a_changed_file_is_read_again_and_old_names_stay_for_the_event(void **s)
{
	struct root *r = *s;
	const struct ph_user *before;

	put_file(r, "/etc/passwd", "old:x:5:0:::\n");
	before = ph_state_user(r->st, NULL, 5);
	put_file(r, "/etc/passwd", "newer:x:5:0:::\n");
	sleep(2);
	assert_string_equal(user(r, NULL, 5), "newer");
	assert_string_equal(before->name, "old");
}

struct names {
	char text[200];
};

static bool take_user(void *arg, const struct ph_user *u)
{
	struct names *n = arg;
	size_t at = strlen(n->text);

	snprintf(n->text + at, sizeof(n->text) - at, "%u:%s ", u->uid, u->name);
	return true;
}

static bool take_group(void *arg, const struct ph_group *g)
{
	struct names *n = arg;
	size_t at = strlen(n->text);

	snprintf(n->text + at, sizeof(n->text) - at, "%u:%s ", g->gid, g->name);
	return true;
}

static void all_users_of_the_host_can_be_listed(void **s)
{
	struct root *r = *s;
	struct names users = { "" }, groups = { "" };

	put_file(r, "/etc/passwd", "b:x:5:5::/:\nroot:x:0:0::/:\nsame:x:0:0::/:\n");
	put_file(r, "/etc/group", "g:x:3:\n");
	ph_state_add_user(r->st, &(struct ph_user){ 5, 5, "told", "", "" });
	ph_state_each_user(r->st, take_user, &users);
	assert_string_equal(users.text, "0:root 5:told ");
	ph_state_each_group(r->st, take_group, &groups);
	assert_string_equal(groups.text, "3:g ");
}

static void users_of_trace_files_come_as_events(void **s)
{
	struct root *r = *s;
	struct evb *b = evb_new(PH_EV_USER_ADDED_E, -1, 1);

	evb_num(b, "uid", 77);
	evb_num(b, "gid", 78);
	evb_str(b, "name", "told");
	assert_int_equal(ph_event_decode(&r->ev, evb_block(b)), 0);
	for (int i = 0; i < 3; i++) {
		ph_state_begin(r->st, &r->ev);
		ph_state_end(r->st, &r->ev);
	}
	assert_string_equal(user(r, NULL, 77), "told");
	b = evb_new(PH_EV_USER_DELETED_E, -1, 1);
	evb_num(b, "uid", 77);
	assert_int_equal(ph_event_decode(&r->ev, evb_block(b)), 0);
	ph_state_begin(r->st, &r->ev);
	ph_state_end(r->st, &r->ev);
	assert_string_equal(user(r, NULL, 77), "(none)");
	b = evb_new(PH_EV_GROUP_ADDED_E, -1, 1);
	evb_num(b, "gid", 9);
	evb_str(b, "name", "crew");
	assert_int_equal(ph_event_decode(&r->ev, evb_block(b)), 0);
	ph_state_begin(r->st, &r->ev);
	ph_state_end(r->st, &r->ev);
	assert_string_equal(ph_state_group(r->st, NULL, 9)->name, "crew");
}

#define users_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		users_test(the_hosts_files_are_read),
		users_test(the_first_of_equal_ids_wins),
		users_test(broken_lines_are_skipped),
		users_test(a_container_has_its_own_users),
		users_test(a_container_without_the_file_has_the_hosts_names),
		users_test(a_fifo_does_not_block),
		users_test(a_link_does_not_lead_out_of_the_container),
		users_test(a_huge_file_is_not_read),
		users_test(a_changed_file_is_read_again_and_old_names_stay_for_the_event),
		users_test(all_users_of_the_host_can_be_listed),
		users_test(users_of_trace_files_come_as_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
