/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer entry for what people type: the filter parser and compiler, the format compiler, and their evaluation on an event
 * without any state. A first byte that is odd means a format.
 */
#include <stdlib.h>
#include <string.h>
#include "collector/filter/filter.h"
#include "collector/output/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct ph_field_ctx ctx;
	struct ph_event ev;
	struct ph_evt_hdr hdr;
	char line[PH_SCRATCH_SIZE];
};

static struct world *world(void)
{
	static struct world w;
	static const int64_t fd = -2;
	struct ph_field_ctx_opts opts = { .size = sizeof opts };

	if (w.ctx.scratch)
		return &w;
	if (ph_field_ctx_init(&w.ctx, &opts) != 0)
		abort();
	w.ev = (struct ph_event){
		.hdr = &w.hdr,
		.info = ph_event_info(PH_EV_SYSCALL_OPEN_X),
		.num = 1,
		.ts = 1506127469900617765,
		.tid = 1,
		.type = PH_EV_SYSCALL_OPEN_X,
		.syscall = PH_SC_open,
		.nparams = 2,
		.fdnum = PH_FD_NONE,
		.res = fd,
		.has_res = true,
	};
	w.ev.params[0] = (struct ph_param){ (const uint8_t *)&fd, 8 };
	w.ev.params[1] = (struct ph_param){ (const uint8_t *)"/etc/passwd", 12 };
	return &w;
}

static void try_filter(struct world *w, const char *text)
{
	struct ph_filter *f;
	struct ph_parse_error err = { 0 };
	char buf[600];

	if (ph_filter_compile(&f, text, NULL, &err) != 0) {
		ph_parse_error_text(&err, text, buf, sizeof buf);
		return;
	}
	ph_field_ctx_begin(&w->ctx, &w->ev);
	ph_filter_match(f, &w->ctx);
	ph_filter_may_pass(f, w->ev.info, w->ev.syscall);
	ph_filter_free(f);
}

static void try_format(struct world *w, const char *text)
{
	struct ph_format *f;
	struct ph_parse_error err = { 0 };
	struct ph_text t = { .buf = w->line, .cap = sizeof w->line };

	if (ph_format_compile(&f, text, &err) != 0)
		return;
	ph_field_ctx_begin(&w->ctx, &w->ev);
	ph_format_line(f, &w->ctx, &t);
	ph_format_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	if (data[0] & 1)
		try_format(world(), text);
	else
		try_filter(world(), text);
	free(text);
	return 0;
}
