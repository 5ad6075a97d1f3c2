/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of messages: to syslog, of agents, in the stream; and the names that are understood without ever having a value. */
#include "tests/unit/support/scene.h"

static int syslog_setup(void **state)
{
	struct scene *sc;

	if (scene_setup(state))
		return -1;
	sc = *state;
	scene_fd(sc, 9, PH_FD_UNIX, 0, "ffff8880->ffff8881 /dev/log", NULL, 0, NULL, 0);
	return 0;
}

#define syslog_test(f) cmocka_unit_test_setup_teardown(f, syslog_setup, scene_teardown)

static void writes(struct scene *sc, int fd, int64_t res, const char *data, size_t len)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_WRITE_X, 200, SCENE_TS);

	evb_num(b, "res", res);
	evb_bytes(b, "data", data, len);
	evb_num(b, "fd", fd);
	evb_num(b, "size", 512);
	scene_event(sc, b);
}

#define ALL "*%syslog.facility %syslog.facility.str %syslog.severity %syslog.severity.str [%syslog.message]"
#define NONE "<NA> <NA> <NA> <NA> [<NA>]"

static void what_is_written_to_the_log_socket_is_taken_apart(void **state)
{
	struct scene *sc = *state;

	writes(sc, 9, 8, "<86>no\nA", 8);
	assert_string_equal(scene_text(sc, ALL), "10 authpriv 6 info [no.A]");
	assert_string_equal(scene_text(sc, "%evt.info"), "syslog sev=info msg=no.A");
	assert_string_not_equal(scene_text(sc, "%evt.args"), "syslog sev=info msg=no.A");
	assert_string_equal(scene_text(sc, "%evt.is_syslog"), "true");
	assert_passes(sc, "syslog.severity<=6 and syslog.message contains A");
	writes(sc, 9, 5, "<0>x\0y", 6);
	assert_string_equal(scene_text(sc, ALL), "0 kern 0 emerg [x]");
	writes(sc, 9, 5, "<191>", 5);
	assert_string_equal(scene_text(sc, ALL), "23 local7 7 debug []");
	writes(sc, 9, 5, "<999>!", 6);
	assert_string_equal(scene_text(sc, ALL), "124 <NA> 7 debug [!]");
}

static void what_is_no_message_has_no_syslog_fields(void **state)
{
	static const struct {
		int fd;
		int64_t res;
		const char *data;
	} no[] = {
		{ 9, -11, "<13>x" }, { 3, 5, "<13>x" }, { 9, 5, "13>x" }, { 9, 5, "<13x" }, { 9, 5, "<>x" },
		{ 9, 5, "<1234>x" }, { 9, 0, "" },	{ 9, 5, "<13" },  { 9, 5, "<a>x" }, { 9, 1, "<" },
	};
	struct scene *sc = *state;

	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
		writes(sc, no[i].fd, no[i].res, no[i].data, strlen(no[i].data));
		assert_string_equal(scene_text(sc, ALL), NONE);
	}
	scene_read(sc, 9, 5, "<13>x", 5);
	assert_string_equal(scene_text(sc, ALL), NONE);
}

static void messages_in_the_stream_have_a_name(void **state)
{
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_ASYNCEVENT_E, -1, SCENE_TS);

	evb_num(b, "plugin_id", 0);
	evb_str(b, "name", "greeting");
	evb_bytes(b, "data", "hi", 2);
	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "*%evt.is_async %evt.asynctype %evt.pluginname %evt.plugininfo"),
			    "true greeting <NA> <NA>");
	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%evt.is_async %evt.asynctype %evt.pluginname %evt.plugininfo"),
			    "false <NA> <NA> <NA>");
}

#define INFRA                                                                                            \
	"*[%evt.infra.docker.name] [%evt.infra.docker.container.id] [%evt.infra.docker.container.name] " \
	"[%evt.infra.docker.container.image]"

static const char *infra(struct scene *sc, const char *description)
{
	struct evb *b = evb_new(PH_EV_INFRASTRUCTURE_EVENT_E, -1, SCENE_TS);

	evb_str(b, "source", "docker");
	evb_str(b, "name", "Container Started");
	evb_str(b, "description", description);
	evb_str(b, "scope", "");
	scene_event(sc, b);
	return scene_text(sc, INFRA);
}

static void messages_of_agents_are_taken_apart(void **state)
{
	struct scene *sc = *state;

	assert_string_equal(infra(sc, "Event: start; ID: 0123456789abcdef; name: web; Image: nginx@sha256:12"),
			    "[start] [0123456789ab] [web] [nginx]");
	assert_string_equal(infra(sc, "ID:01;Event:die"), "[die] [01] [<NA>] [<NA>]");
	assert_string_equal(infra(sc, "Event; ID"), "[<NA>] [<NA>] [<NA>] [<NA>]");
	assert_string_equal(infra(sc, ";;"), "[<NA>] [<NA>] [<NA>] [<NA>]");
	assert_string_equal(infra(sc, ""), "[<NA>] [<NA>] [<NA>] [<NA>]");
	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, INFRA), "[<NA>] [<NA>] [<NA>] [<NA>]");
}

static void names_of_older_tools_are_understood_and_missing(void **state)
{
	static const char *const formats[] = {
		"*%span.id",
		"*%span.tag[0]",
		"*%span.tag[-1]",
		"*%span.arg.name",
		"*%span.duration.fortag[2]",
		"*%span.enterarg.x",
		"*%evtin.span.id",
		"*%evtin.span.p.tag[0]",
		"*%evtin.span.s.arg[x]",
		"*%evtin.span.m.tags",
		"*%mesos.task.name",
		"*%mesos.task.label.a.b-c/d",
		"*%marathon.app.id",
		"*%marathon.app.label.x",
		"*%k8s.rc.label.app",
		"*%k8s.deployment.name",
	};
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(scene_text(sc, formats[i]), "<NA>") != 0)
			fail_msg("%s: %s", formats[i], sc->text);
	assert_passes(sc, "not span.duration>1ms and not evtin.span.p.tag[0] in (a,b) and not mesos.task.id exists");
	assert_null(ph_field_nearest("span.ids", 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		syslog_test(what_is_written_to_the_log_socket_is_taken_apart),
		syslog_test(what_is_no_message_has_no_syslog_fields),
		scene_test(messages_in_the_stream_have_a_name),
		scene_test(messages_of_agents_are_taken_apart),
		scene_test(names_of_older_tools_are_understood_and_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
