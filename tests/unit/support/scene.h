/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world for tests of fields, filters and formats: systemd (1) has a bash (100) that has a curl (200, thread 201 too).
 * curl has a file, a directory, a TCP connection, a UDP listener, a UNIX socket and a pipe open.
 */
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "collector/filter/filter.h"
#include "collector/output/output.h"
#include "tests/unit/support/evbuild.h"

#define SCENE_TS 1506127469900617765ull

struct scene {
	struct ph_state *st;
	struct ph_field_ctx ctx;
	struct ph_event ev;
	char text[70000];
};

static inline void scene_task(struct scene *sc, int64_t tid, int64_t pid, int64_t ptid, const char *comm,
			      const char *args, size_t args_len)
{
	struct ph_snap_task_rec rec = {
		.tid = tid,
		.pid = pid,
		.ptid = ptid,
		.sid = 100,
		.pgid = pid,
		.vtid = tid,
		.vpid = pid,
		.vpgid = pid,
		.vsid = 100,
		.uid = 1000,
		.gid = 1000,
		.loginuid = UINT32_MAX,
		.fdlimit = 1024,
		.vm_size_kb = 2048,
		.vm_rss_kb = 1024,
		.cap_effective = 1 | 1ull << 21,
		.exe_flags = 1,
	};
	static const char env[] = "HOME=/root\0PATH=/bin:/usr/bin";
	char exepath[64];
	const char *texts[PH_SNAP_TEXTS] = { exepath, "/home/u/", "/", "/user.slice", args, env };

	snprintf(exepath, sizeof exepath, "/usr/bin/%s", comm);
	snprintf(rec.comm, sizeof rec.comm, "%s", comm);
	for (int i = 0; i < 4; i++)
		rec.lens[i] = (uint32_t)strlen(texts[i]);
	rec.lens[PH_SNAP_ARGS] = (uint32_t)args_len;
	rec.lens[PH_SNAP_ENV] = sizeof env - 1;
	rec.flags = PH_TASK_ARGS_READ;
	ph_state_add_task(sc->st, &rec, texts);
}

static inline void scene_fd(struct scene *sc, int fd, unsigned type, unsigned l4, const char *name, const char *local,
			    unsigned lport, const char *remote, unsigned rport)
{
	struct ph_snap_fd_rec rec = {
		.pid = 200,
		.tid = 200,
		.fd = fd,
		.type = (uint8_t)type,
		.l4 = (uint8_t)l4,
		.ino = 42,
		.dev = 0x801,
		.lport = (uint16_t)lport,
		.rport = (uint16_t)rport,
		.name_len = (uint32_t)strlen(name),
	};

	if (local)
		inet_pton(strchr(local, ':') ? AF_INET6 : AF_INET, local, rec.local);
	if (remote)
		inet_pton(strchr(remote, ':') ? AF_INET6 : AF_INET, remote, rec.remote);
	rec.listening = local && !remote;
	ph_state_add_fd(sc->st, &rec, name);
}

static inline int scene_setup(void **state)
{
	struct ph_state_opts so = { .size = sizeof so };
	struct ph_field_ctx_opts co = { .size = sizeof co };
	static const char args[] = "curl\0-s\0http://x/", sh_args[] = "bash\0-l", init_args[] = "systemd";
	struct scene *sc = calloc(1, sizeof *sc);

	setenv("TZ", "UTC", 1);
	if (!sc)
		return -1;
	*state = sc;
	sc->st = ph_state_new(&so);
	scene_task(sc, 1, 1, 0, "systemd", init_args, sizeof init_args);
	scene_task(sc, 100, 100, 1, "bash", sh_args, sizeof sh_args);
	scene_task(sc, 200, 200, 100, "curl", args, sizeof args);
	scene_task(sc, 201, 200, 100, "worker", args, sizeof args);
	scene_fd(sc, 3, PH_FD_FILE_V2, 0, "/etc/passwd", NULL, 0, NULL, 0);
	scene_fd(sc, 4, PH_FD_IPV4, PH_L4_TCP, "", "10.0.0.1", 40000, "192.168.0.2", 80);
	scene_fd(sc, 5, PH_FD_IPV4_SERVER, PH_L4_UDP, "", "0.0.0.0", 53, NULL, 0);
	scene_fd(sc, 6, PH_FD_DIRECTORY, 0, "/var/log", NULL, 0, NULL, 0);
	scene_fd(sc, 7, PH_FD_FIFO, 0, "", NULL, 0, NULL, 0);
	scene_fd(sc, 8, PH_FD_IPV6, PH_L4_TCP, "", "2001:db8::1", 40001, "2001:db8::2", 443);
	ph_state_snapshot_done(sc->st);
	co.state = sc->st;
	return sc->st ? ph_field_ctx_init(&sc->ctx, &co) : -1;
}

static inline int scene_teardown(void **state)
{
	struct scene *sc = *state;

	if (sc->ev.hdr)
		ph_state_end(sc->st, &sc->ev);
	ph_field_ctx_fini(&sc->ctx);
	ph_state_free(sc->st);
	free(sc);
	return 0;
}

static inline void scene_event(struct scene *sc, struct evb *b)
{
	const struct ph_evt_hdr *hdr = evb_block(b);

	if (sc->ev.hdr)
		ph_state_end(sc->st, &sc->ev);
	assert_int_equal(ph_event_decode(&sc->ev, hdr), 0);
	sc->ev.num++;
	sc->ev.enter_ts = b->ts - 1210000;
	sc->ev.cpu = 1;
	sc->ev.syscall = PH_SC_COUNT;
	sc->ev.latency = 0;
	sc->ev.thread = NULL;
	sc->ev.fd = NULL;
	sc->ev.fdnum = PH_FD_NONE;
	ph_state_begin(sc->st, &sc->ev);
	ph_field_ctx_begin(&sc->ctx, &sc->ev);
}

/* read(fd, data) of curl returned res */
static inline void scene_read(struct scene *sc, int fd, int64_t res, const void *data, size_t len)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_READ_X, 200, SCENE_TS);

	evb_num(b, "res", res);
	evb_bytes(b, "data", data, len);
	evb_num(b, "fd", fd);
	evb_num(b, "size", 512);
	scene_event(sc, b);
}

static inline void scene_open(struct scene *sc, int64_t res, const char *name, unsigned flags)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_OPEN_X, 200, SCENE_TS);

	evb_num(b, "fd", res);
	evb_str(b, "name", name);
	evb_num(b, "flags", flags);
	evb_num(b, "mode", 0644);
	evb_num(b, "dev", 0x801);
	evb_num(b, "ino", 99);
	scene_event(sc, b);
}

/* What a format prints of the event; "(dropped)" when the line is dropped, or the error. */
static inline const char *scene_text(struct scene *sc, const char *format)
{
	struct ph_format *f;
	struct ph_parse_error err;
	struct ph_text t = { .buf = sc->text, .cap = sizeof sc->text - 1 };

	if (ph_format_compile(&f, format, &err) != 0) {
		snprintf(sc->text, sizeof sc->text, "error at %zu: %s", err.pos, err.message);
		return sc->text;
	}
	if (!ph_format_line(f, &sc->ctx, &t))
		ph_text_str(&t, "(dropped)");
	sc->text[t.len] = '\0';
	ph_format_free(f);
	return sc->text;
}

static inline bool scene_match(struct scene *sc, const char *filter)
{
	struct ph_filter *f;
	struct ph_parse_error err;
	bool match;

	if (ph_filter_compile(&f, filter, NULL, &err) != 0)
		fail_msg("'%s': at %zu: %s", filter, err.pos, err.message);
	match = ph_filter_match(f, &sc->ctx);
	ph_filter_free(f);
	return match;
}

#define assert_passes(sc, filter)                            \
	do {                                                 \
		if (!scene_match(sc, filter))                \
			fail_msg("should pass: %s", filter); \
	} while (0)

#define assert_rejected(sc, filter)                              \
	do {                                                     \
		if (scene_match(sc, filter))                     \
			fail_msg("should not pass: %s", filter); \
	} while (0)

/* The error of a wrong filter, with the place in front. */
static inline const char *filter_error(const char *filter)
{
	static char text[400];
	struct ph_filter *f;
	struct ph_parse_error err = { 0 };

	if (ph_filter_compile(&f, filter, NULL, &err) == 0) {
		ph_filter_free(f);
		return "no error";
	}
	snprintf(text, sizeof text, "%zu: %s", err.pos, err.message);
	return text;
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

#endif
