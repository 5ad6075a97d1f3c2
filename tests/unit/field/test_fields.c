/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of each class on an event whose every value is known. */
#include "tests/unit/support/scene.h"

struct row {
	const char *format, *text;
};

static void check(struct scene *sc, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = scene_text(sc, rows[i].format);

		if (strcmp(got, rows[i].text) != 0)
			fail_msg("%s: '%s' should be '%s'", rows[i].format, got, rows[i].text);
	}
}

#define check_rows(sc, rows) check(sc, rows, sizeof rows / sizeof rows[0])

static void event_fields(void **state)
{
	static const struct row rows[] = {
		{ "%evt.num %evt.cpu %evt.dir %evt.type %syscall.type", "1 1 < read read" },
		{ "%evt.time|%evt.time.s|%evt.datetime|%evt.datetime.s",
		  "00:44:29.900617765|00:44:29|2017-09-23 00:44:29.900617765|2017-09-23 00:44:29" },
		{ "%evt.time.iso8601", "2017-09-23T00:44:29.900617765+0000" },
		{ "%evt.rawtime %evt.rawtime.s %evt.rawtime.ns", "1506127469900617765 1506127469 900617765" },
		{ "%evt.reltime %evt.reltime.s %evt.reltime.ns", "000000000 0 000000000" },
		{ "%evt.latency %evt.latency.s %evt.latency.ns %evt.latency.human", "1210000 0 001210000 1.21ms" },
		{ "%evt.res %evt.rawres %evt.failed", "SUCCESS 5 false" },
		{ "%evt.is_io %evt.is_io_read %evt.is_io_write %evt.io_dir %evt.is_wait",
		  "true true false read false" },
		{ "%evt.buflen %evt.buflen.in %evt.buflen.file %evt.buflen.file.in", "5 5 5 5" },
		{ "*%evt.buflen.out %evt.buflen.net %evt.buflen.file.out", "<NA> <NA> <NA>" },
		{ "%evt.category %evt.buffer %evt.arg.fd %evt.rawarg.fd", "file hello <f>/etc/passwd 3" },
		{ "%evt.count %evt.count.exit %evt.type.is.read %evt.type.is.6", "1 1 1 0" },
		{ "*%evt.count.error %evt.wait_latency", "<NA> <NA>" },
		{ "%evt.is_syslog %evt.is_open_read %evt.source", "false false syscall" },
		{ "%evt.deltatime", "0" },
	};
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	check_rows(sc, rows);
}

static void process_fields(void **state)
{
	static const struct row rows[] = {
		{ "%proc.pid %proc.ppid %thread.tid %thread.vtid %proc.vpid", "200 100 200 200 200" },
		{ "%proc.name|%proc.exe|%proc.args|%proc.cmdline|%proc.exeline",
		  "curl|curl|-s http://x/|curl -s http://x/|curl -s http://x/" },
		{ "%proc.exepath %proc.cwd", "/usr/bin/curl /home/u/" },
		{ "%proc.env", "HOME=/root PATH=/bin:/usr/bin" },
		{ "%proc.aenv[PATH]|%proc.aenv[\"HOME\"]|%proc.aenv[1]",
		  "/bin:/usr/bin|/root|HOME=/root PATH=/bin:/usr/bin" },
		{ "*%proc.aenv[NONE]", "<NA>" },
		{ "%proc.pname %proc.pexe %proc.pexepath %proc.pcmdline %proc.pvpid",
		  "bash bash /usr/bin/bash bash -l 100" },
		{ "%proc.aname[0] %proc.apid[2] %proc.aexe[2] %proc.aexepath[1] %proc.aargs[1] %proc.acmdline[1]",
		  "curl 1 systemd /usr/bin/bash -l bash -l" },
		{ "*%proc.aname[3] %proc.aname[999999999]", "<NA> <NA>" },
		{ "%proc.nthreads %proc.nchilds", "2 1" },
		{ "%proc.loginshellid %proc.sid %proc.sname %proc.sid.exepath", "100 100 bash /usr/bin/bash" },
		{ "%proc.fdopencount %proc.fdlimit %proc.fdusage", "6 1024 0.6" },
		{ "%proc.vmsize %proc.vmrss %thread.vmsize %thread.vmrss.b", "2048 1024 2048 1048576" },
		{ "%thread.ismain %proc.cmdnargs %proc.cmdlenargs %thread.nametid", "true 2 11 curl200" },
		{ "%proc.is_exe_writable %proc.is_exe_upper_layer %proc.is_pgid_leader %proc.is_sid_leader",
		  "true false true false" },
		{ "%thread.cap_effective", "CAP_CHOWN CAP_SYS_ADMIN" },
		{ "*%proc.stdin.type", "<NA>" },
		{ "%user.uid %user.loginuid %group.gid", "1000 -1 1000" },
		{ "%container.id %container.name %container.type", "host host host" },
		{ "*%container.image %container.mounts %container.privileged", "<NA> <NA> <NA>" },
	};
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	check_rows(sc, rows);
}

static void file_fields(void **state)
{
	static const struct row rows[] = {
		{ "%fd.num %fd.type %fd.typechar %fd.name", "3 file f /etc/passwd" },
		{ "%fd.directory %fd.filename %fd.containername %fd.containerdirectory",
		  "/etc passwd :/etc/passwd :/etc" },
		{ "%fd.uid %fd.dev %fd.dev.major %fd.dev.minor %fd.ino", "2003 801 8 1 42" },
		{ "*%fd.cip %fd.sport %fd.l4proto %fd.sockfamily", "<NA> <NA> <NA> <NA>" },
		{ "%fd.is_server %fd.connected", "false false" },
	};
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	check_rows(sc, rows);
	scene_read(sc, 6, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%fd.type %fd.directory %fd.filename"), "directory /var <NA>");
	scene_read(sc, 7, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%fd.type %fd.directory [%fd.name] %evt.category"), "pipe <NA> [] ipc");
}

static void socket_fields(void **state)
{
	static const struct row rows[] = {
		{ "%fd.type %fd.typechar %fd.name", "ipv4 4 10.0.0.1:40000->192.168.0.2:80" },
		{ "%fd.cip %fd.sip %fd.lip %fd.rip", "10.0.0.1 192.168.0.2 10.0.0.1 192.168.0.2" },
		{ "%fd.cport %fd.sport %fd.lport %fd.rport", "40000 80 40000 80" },
		{ "%fd.cproto %fd.sproto", "40000 80" },
		{ "%fd.l4proto %fd.sockfamily %fd.is_server %evt.category", "tcp ip false net" },
		{ "%evt.buflen.net.in", "5" },
		{ "*%fd.directory %fd.filename", "<NA> <NA>" },
	};
	struct scene *sc = *state;

	scene_read(sc, 4, 5, "hello", 5);
	check_rows(sc, rows);
	scene_read(sc, 5, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%fd.name %fd.sip %fd.sport %fd.cip %fd.l4proto %fd.is_server"),
			    "0.0.0.0:53 0.0.0.0 53 <NA> udp true");
	scene_read(sc, 99, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%fd.num %fd.name %fd.type %evt.buflen"), "99  <NA> <NA>");
}

static void calls_that_failed(void **state)
{
	static const struct row rows[] = {
		{ "%fd.name %fd.directory %fd.filename %fd.typechar %fd.nameraw", "/home/u/a/b /home/u/a b f ./a/b" },
		{ "%evt.res %evt.failed %evt.count.error %evt.count.error.file", "ENOENT true 1 1" },
		{ "*%fd.num %fd.type %evt.count.error.net", "-1 <NA> <NA>" },
		{ "%fd.uid", "200-1" },
		{ "*%fs.path.name", "<NA>" },
	};
	struct scene *sc = *state;

	scene_open(sc, -2, "./a/b", 3);
	check_rows(sc, rows);
}

#define UNKNOWN_FD "*%fd.num %fd.uid %fd.typechar [%fd.name] %fd.directory %fd.filename %fd.type %fd.containername"

static void begins_of_calls_and_descriptors_that_are_not_known(void **state)
{
	struct scene *sc = *state;

	scene_event(sc, evb_new(PH_EV_SYSCALL_OPEN_E, 200, SCENE_TS));
	assert_string_equal(scene_text(sc, UNKNOWN_FD), "-1 200-1 f [<NA>] <NA> <NA> <NA> <NA>");
	scene_event(sc, evb_new(PH_EV_SOCKET_SOCKET_E, 200, SCENE_TS));
	assert_string_equal(scene_text(sc, UNKNOWN_FD), "-1 200-1 4 [<NA>] <NA> <NA> <NA> <NA>");
	scene_read(sc, 99, 5, "hello", 5);
	assert_string_equal(scene_text(sc, UNKNOWN_FD), "99 20099 o [] / <NA> <NA> :");
	scene_event(sc, evb_new(PH_EV_SYSCALL_FUTEX_X, 200, SCENE_TS));
	assert_string_equal(scene_text(sc, UNKNOWN_FD), "<NA> <NA> <NA> [<NA>] <NA> <NA> <NA> <NA>");
}

static void calls_without_an_event_of_their_own_have_a_category(void **state)
{
	static const struct {
		const char *call, *category;
	} calls[] = { { "set_robust_list", "process" }, { "madvise", "memory" }, { "rt_sigprocmask", "signal" } };
	struct scene *sc = *state;

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		struct evb *b = evb_new(PH_EV_GENERIC_X, 200, SCENE_TS);

		evb_num(b, "ID", ph_syscall_by_name(calls[i].call)->id);
		scene_event(sc, b);
		assert_string_equal(scene_text(sc, "%evt.type"), calls[i].call);
		assert_string_equal(scene_text(sc, "%evt.category"), calls[i].category);
	}
	scene_event(sc, evb_new(PH_EV_GENERIC_X, 200, SCENE_TS));
	assert_string_equal(scene_text(sc, "%evt.type %evt.category"), "<unknown> other");
}

static void threads_of_which_nothing_is_known(void **state)
{
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_SYSCALL_FUTEX_X, 4711, SCENE_TS);

	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "*[%proc.name] [%proc.exe] [%proc.exeline] %proc.fdlimit"),
			    "[<NA>] [<NA>] [<NA> ] -1");
}

static void latencies_of_three_digits(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0ns" },
		{ 999, "999ns" },
		{ 1000, "1.00us" },
		{ 9999, "9.99us" },
		{ 10000, "10us" },
		{ 999999, "999us" },
		{ 3012176, "3.01ms" },
		{ 349866120, "349ms" },
		{ 1509999999, "1.50s" },
		{ 61230000000, "61.23s" },
	};
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sc->ev.latency = rows[i].ns;
		assert_string_equal(scene_text(sc, "%evt.latency.human"), rows[i].text);
	}
}

static void paths(void **state)
{
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_SYSCALL_RENAMEAT2_X, 200, SCENE_TS);

	evb_num(b, "res", 0);
	evb_num(b, "olddirfd", -100);
	evb_str(b, "oldpath", "a");
	evb_num(b, "newdirfd", 6);
	evb_str(b, "newpath", "b");
	evb_num(b, "flags", 0);
	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "%fs.path.source %fs.path.target %fs.path.sourceraw %fs.path.targetraw"),
			    "/home/u/a /var/log/b a b");
	scene_open(sc, 9, "x", 0x4003);
	assert_string_equal(scene_text(sc, "%fs.path.name %fs.path.nameraw %evt.is_open_create %evt.is_open_write"),
			    "/home/u/x x true true");
}

static void containers(void **state)
{
	struct scene *sc = *state;
	struct ph_mount mounts[] = { { (char *)"/data", (char *)"/mnt", (char *)"rw", (char *)"rprivate", true } };
	struct ph_label labels[] = { { (char *)"com.x/y", (char *)"z" } };
	char none[] = "";
	struct ph_container k = {
		.id = "0123456789ab",
		.full_id = (char *)"0123456789abcdef",
		.type = PH_CT_DOCKER,
		.lookup = PH_CL_OK,
		.name = (char *)"web",
		.image = (char *)"nginx:1",
		.image_id = none,
		.image_repo = (char *)"nginx",
		.image_tag = (char *)"1",
		.image_digest = none,
		.healthcheck = none,
		.ip = 0xac110002,
		.mounts = mounts,
		.nmounts = 1,
		.labels = labels,
		.nlabels = 1,
	};
	static const struct row rows[] = {
		{ "%container.id %container.name %container.type %container.full_id",
		  "0123456789ab web docker 0123456789abcdef" },
		{ "%container.image %container.image.repository %container.image.tag", "nginx:1 nginx 1" },
		{ "*%container.image.id %container.image.digest", "<NA> <NA>" },
		{ "%container.mounts|%container.mount[0]|%container.mount[/d*]",
		  "/data:/mnt:rw:true:rprivate|/data:/mnt:rw:true:rprivate|/data:/mnt:rw:true:rprivate" },
		{ "%container.mount.source[/mnt] %container.mount.dest[/data] %container.mount.rdwr[0]",
		  "/data /mnt true" },
		{ "*%container.mount[1] %container.mount", "<NA> <NA>" },
		{ "%container.label.com.x/y %container.labels %container.ip", "z com.x/y:z 172.17.0.2" },
		{ "%container.privileged %container.healthcheck", "false NONE" },
		{ "%fd.containername", "0123456789ab:/etc/passwd" },
	};

	scene_read(sc, 3, 5, "hello", 5);
	sc->ev.thread->container = &k;
	check_rows(sc, rows);
	sc->ev.thread->container = NULL;
}

static void events_without_a_thread_have_no_process_fields(void **state)
{
	struct scene *sc = *state;
	const struct ph_field_class *k;

	scene_read(sc, 3, 5, "hello", 5);
	sc->ev.thread = NULL;
	sc->ev.fd = NULL;
	for (size_t i = 0; (k = ph_field_class(i)); i++) {
		for (size_t f = 0; f < k->count; f++) {
			struct ph_field_ref ref = {
				.field = &k->fields[f], .type = k->fields[f].type, .has_index = true, .key = (char *)"x"
			};
			struct ph_value v;

			ref.kind = (uint8_t)ph_value_kind_of(ref.type);
			assert_true(!ph_field_get(&sc->ctx, &ref, &v) || strncmp(k->fields[f].name, "proc", 4) != 0);
		}
	}
}

static void every_field_survives_an_event_without_parameters(void **state)
{
	struct scene *sc = *state;
	const struct ph_field_class *k;

	for (size_t e = 0; e < ph_event_count(); e++) {
		struct evb *b;

		if (ph_event_row(e)->flags & (PH_EF_UNUSED | PH_EF_MODIFIES_STATE))
			continue;
		b = evb_new(ph_event_row(e)->code, 200, SCENE_TS);
		if (e % 2)
			b->nparams = 0;
		scene_event(sc, b);
		for (size_t i = 0; (k = ph_field_class(i)); i++) {
			for (size_t f = 0; f < k->count; f++) {
				struct ph_field_ref ref = { .field = &k->fields[f],
							    .type = k->fields[f].type,
							    .key = (char *)"1" };
				struct ph_value v;
				struct ph_text t = { .buf = sc->text, .cap = sizeof sc->text };

				ref.kind = (uint8_t)ph_value_kind_of(ref.type);
				if (ph_field_get(&sc->ctx, &ref, &v))
					ph_value_text(&t, &v, k->fields[f].fmt);
			}
		}
	}
}

static void names_are_unique_and_described(void **state)
{
	const struct ph_field_class *a, *b;

	(void)state;
	for (size_t i = 0; (a = ph_field_class(i)); i++) {
		for (size_t f = 0; f < a->count; f++) {
			unsigned same = 0;

			assert_true(strlen(a->fields[f].desc) > 5);
			assert_non_null(a->fields[f].extract);
			for (size_t k = 0; (b = ph_field_class(k)); k++)
				for (size_t g = 0; g < b->count; g++)
					same += strcmp(a->fields[f].name, b->fields[g].name) == 0;
			assert_int_equal(same, 1);
		}
	}
}

static void nearest_names(void **state)
{
	(void)state;
	assert_string_equal(ph_field_nearest("proc.nmae", 9)->name, "proc.name");
	assert_string_equal(ph_field_nearest("container.names", 15)->name, "container.name");
	assert_null(ph_field_nearest("nothing.like.it", 15));
	assert_int_equal(ph_edit_distance("abcd", 4, "abdc", 4, 3), 1);
	assert_int_equal(ph_edit_distance("abcd", 4, "wxyz", 4, 3), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(event_fields),
		scene_test(process_fields),
		scene_test(file_fields),
		scene_test(socket_fields),
		scene_test(calls_that_failed),
		scene_test(begins_of_calls_and_descriptors_that_are_not_known),
		scene_test(calls_without_an_event_of_their_own_have_a_category),
		scene_test(threads_of_which_nothing_is_known),
		scene_test(latencies_of_three_digits),
		scene_test(paths),
		scene_test(containers),
		scene_test(events_without_a_thread_have_no_process_fields),
		scene_test(every_field_survives_an_event_without_parameters),
		cmocka_unit_test(names_are_unique_and_described),
		cmocka_unit_test(nearest_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
