/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile trace file through all that a capture goes through: reader, folding, state, fields of the default line and of
 * processes, and on into the blocks of another file, whose head is made of the state. The first byte chooses how.
 */
#include <stdint.h>
#include <stdlib.h>
#include "collector/field/field.h"
#include "collector/inspector_internal.h"
#include "collector/output/output.h"
#include "collector/trace/encode.h"
#include "collector/trace/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTER_EVENTS = 1, EXIT_ONLY = 2, REDACT = 4, STREAM = 8, LEAN = 16, PASS_OVER = 32 };

struct sinks {
	struct ph_field_ctx ctx;
	struct ph_format *format;
	char *line;
	uint8_t *block;
	size_t block_size;
	struct ph_encode_opts encode;
};

static bool unwanted(void *arg, const struct ph_event_info *info)
{
	(void)arg;
	return info->code % 3 == 0;
}

static bool rejects(void *arg, const struct ph_event *ev)
{
	(void)arg;
	return ev->thread->tid % 2;
}

static void take(struct sinks *s, const struct ph_event *ev)
{
	struct ph_text t = { .buf = s->line, .cap = PH_SCRATCH_SIZE };
	size_t max = ph_encode_event_max(ev), n;

	ph_field_ctx_begin(&s->ctx, ev);
	ph_format_line(s->format, &s->ctx, &t);
	if (max > s->block_size) {
		free(s->block);
		s->block = malloc(max);
		s->block_size = s->block ? max : 0;
	}
	if (!s->block)
		return;
	n = ph_encode_event(s->block, ev, false, &s->encode);
	if (n > max)
		abort();
}

static void write_head(struct ph_inspector *ins, bool redact)
{
	struct ph_bytes b = { 0 };
	const struct ph_encode_head head = {
		.state = ph_inspector_state(ins),
		.containers = ph_inspector_containers(ins),
		.host = ph_inspector_host(ins),
		.redact = redact,
	};

	ph_encode_head(&b, &head);
	ph_bytes_fini(&b);
}

static void run(struct ph_inspector *ins, unsigned how)
{
	static struct sinks s;
	struct ph_parse_error perr;
	struct ph_event *ev;
	const struct ph_field_ctx_opts co = {
		.size = sizeof co,
		.state = ph_inspector_state(ins),
		.containers = ph_inspector_containers(ins),
	};
	uint64_t seq = s.ctx.seq; /* the format remembers it */
	int n = 0;

	if (!s.format &&
	    ph_format_compile(
		    &s.format,
		    "*%evt.num %proc.name %thread.tid %evt.dir %evt.type %evt.info %fd.name %fd.cip %proc.aname[2] "
		    "%proc.cmdline %user.name %container.name %evt.latency %proc.exepath %evt.category",
		    &perr) != 0)
		abort();
	if (!s.line && !(s.line = malloc(PH_SCRATCH_SIZE)))
		return;
	s.encode = (struct ph_encode_opts){ .exit_only = how & EXIT_ONLY, .as_read = true, .redact = how & REDACT };
	if (ph_field_ctx_init(&s.ctx, &co) != 0)
		return;
	s.ctx.seq = seq;
	while (n < 1000 && ph_inspector_next(ins, &ev, 0) == 1) {
		if (ev->thread || !(how & LEAN))
			take(&s, ev);
		n++;
	}
	write_head(ins, how & REDACT);
	seq = s.ctx.seq;
	ph_field_ctx_fini(&s.ctx);
	s.ctx.seq = seq;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_inspector_opts opts = { .size = sizeof opts, .hidden_events = true };
	struct ph_trace_reader *reader;
	struct ph_source *source;
	struct ph_inspector *ins;
	char err[512];
	unsigned how;

	if (size < 1)
		return 0;
	how = data[0];
	opts.enter_events = how & ENTER_EVENTS;
	opts.lean = how & LEAN;
	if (how & PASS_OVER) {
		opts.wanted = unwanted;
		opts.rejects = rejects;
	}
	if (ph_trace_reader_open_memory(&reader, "input", data + 1, size - 1, how & STREAM ? 17 : 0, err, sizeof err) !=
	    0)
		return 0;
	if (ph_source_file_of(&source, reader, &opts) != 0)
		return 0;
	if (ph_inspector_open_source(&ins, source, &opts, err, sizeof err) != 0)
		return 0;
	ph_source_file_plan(source, &opts, ph_inspector_state(ins));
	run(ins, how);
	ph_inspector_close(ins);
	return 0;
}
