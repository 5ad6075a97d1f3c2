/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace reader on arbitrary bytes, plain or gzip: in place, in memory of exactly their size, and again as from a pipe that gives
 * little at a time. Both ways must tell the same. What does not begin as a trace file or gzip gets a section header in front.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "collector/event.h"
#include "collector/trace/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t header[28] = { 0x0a, 0x0d, 0x0d, 0x0a, 28,	  0,	0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
				    2,	  0,	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0, 0 };

/* What was told, as a sum over all bytes. */
struct heard {
	uint64_t heads, events;
};

static void hear(uint64_t *sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		*sum = *sum * 31 + p[i];
	*sum = *sum * 31 + len;
}

static void hear_text(void *arg, const char *s)
{
	hear(&((struct heard *)arg)->heads, s, strlen(s));
}

static void hear_span(void *arg, struct ph_span s)
{
	hear(&((struct heard *)arg)->heads, s.s, s.len);
}

static void on_section(void *arg, unsigned major, unsigned minor)
{
	const unsigned version[] = { major, minor };

	hear(&((struct heard *)arg)->heads, version, sizeof version);
}

static void on_machine(void *arg, const struct ph_trace_machine *m)
{
	hear_text(arg, m->hostname);
}

static void on_interface(void *arg, const struct ph_trace_interface *i)
{
	hear(&((struct heard *)arg)->heads, i->addr, sizeof i->addr);
	hear_text(arg, i->name);
}

static void on_user(void *arg, const struct ph_user *u)
{
	hear_text(arg, u->name);
	hear_text(arg, u->home);
	hear_text(arg, u->shell);
}

static void on_group(void *arg, const struct ph_group *g)
{
	hear_text(arg, g->name);
}

static void on_task(void *arg, const struct ph_task *t)
{
	const struct ph_span spans[] = { t->comm, t->exe, t->exepath, t->cwd, t->root, t->args, t->env, t->cgroups };

	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
		hear_span(arg, spans[i]);
	hear(&((struct heard *)arg)->heads, &t->tid, sizeof t->tid);
}

static void on_fd(void *arg, int64_t tid, const struct ph_fd *fd)
{
	hear(&((struct heard *)arg)->heads, &tid, sizeof tid);
	hear(&((struct heard *)arg)->heads, &fd->num, sizeof fd->num);
	hear_text(arg, fd->name);
}

static void on_extra(void *arg, unsigned kind, const uint8_t *data, uint32_t len)
{
	hear(&((struct heard *)arg)->heads, &kind, sizeof kind);
	hear(&((struct heard *)arg)->heads, data, len);
}

static void on_block(void *arg, const struct ph_block_info *info, uint32_t length)
{
	hear(&((struct heard *)arg)->heads, &info->code, sizeof info->code);
	hear(&((struct heard *)arg)->heads, &length, sizeof length);
}

static const struct ph_trace_ops ops = {
	.section = on_section,
	.machine = on_machine,
	.interface = on_interface,
	.user = on_user,
	.group = on_group,
	.task = on_task,
	.fd = on_fd,
	.extra = on_extra,
	.block = on_block,
};

static int listen_to(const uint8_t *data, size_t size, size_t chunk, struct heard *heard, struct ph_trace_end *end)
{
	struct ph_trace_reader *r;
	struct ph_trace_event ev;
	struct ph_event decoded;
	char err[200];

	*heard = (struct heard){ 0 };
	if (ph_trace_reader_open_memory(&r, "input", data, size, chunk, err, sizeof err) < 0)
		return -1;
	ph_trace_reader_ops(r, &ops, heard);
	while (ph_trace_reader_next(r, &ev) == 1) {
		const struct ph_event_info *info = ph_event_info(ev.hdr->type);

		hear(&heard->events, ev.hdr, ev.hdr->len);
		hear(&heard->events, &ev.offset, sizeof ev.offset);
		if (info)
			ph_event_decode_as(&decoded, ev.hdr, info, ev.large);
	}
	ph_trace_reader_end(r, end);
	ph_trace_reader_close(r);
	return 0;
}

static void compare(const uint8_t *data, size_t size)
{
	struct heard one, two;
	struct ph_trace_end end_one, end_two;
	int rc = listen_to(data, size, 0, &one, &end_one);

	if (rc != listen_to(data, size, 17, &two, &end_two))
		abort();
	if (rc < 0)
		return;
	if (one.heads != two.heads || one.events != two.events || end_one.state != end_two.state ||
	    end_one.offset != end_two.offset || end_one.events != end_two.events || end_one.bad != end_two.bad ||
	    end_one.skipped != end_two.skipped || end_one.sections != end_two.sections)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int begins = size >= 4 && (memcmp(data, header, 4) == 0 || (data[0] == 0x1f && data[1] == 0x8b));
	const size_t front = begins ? 0 : sizeof header;
	uint8_t *copy = malloc(front + size + !(front + size));

	if (!copy)
		return 0;
	memcpy(copy, header, front);
	if (size)
		memcpy(copy + front, data, size);
	compare(copy, front + size);
	free(copy);
	return 0;
}
